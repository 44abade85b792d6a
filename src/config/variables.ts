import { z } from 'zod'
import { collectorHeaders, collectorUrl, resourceAttributes, share } from './collector.ts'
import { consoleUsers } from './console-users.ts'
import { list } from './lists.ts'

type Variable = {
  schema: z.ZodType
  fallback: string
  example: string
  /** One line for contracts/configuration.md. */
  what: string
}

const integer = (min: number, max = 2 ** 31 - 1) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`))
const port = integer(0, 65535)
const text = z.string().trim().min(1, 'must not be empty')
const oneOf = <const T extends string>(...values: T[]) =>
  z.enum(values, { error: `must be one of ${values.map((value) => value || 'empty').join(', ')}` })
const yesOrNo = z
  .enum(['true', 'false'], { error: 'must be true or false' })
  .transform((value) => value === 'true')
const slug = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be letters, digits, _ or -')
const url = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
  .refine(hasNoExtras, 'must have no user name, password, query or fragment: the key comes from each till')
  .transform((value) => value.replace(/\/+$/, ''))
const path = z
  .string()
  .regex(/^(\/[A-Za-z0-9._~-]+)+$/, 'must be a path with a leading and no trailing slash')
const timeZone = z.string().refine(isTimeZone, 'must be an IANA time zone')
const venueTimeZones = list.transform((pairs, ctx) => {
  const zones = new Map<string, string>()
  const problems = pairs.flatMap((pair) => {
    const [, venue = '', zone = ''] = /^([^=]*?)\s*=\s*(.*)$/.exec(pair) ?? []
    const isRepeated = zones.has(venue)
    zones.set(venue, zone)
    if (!slug.safeParse(venue).success) return `${pair} does not begin with a venue ID and =`
    if (isRepeated) return `${venue} is given twice`
    return isTimeZone(zone) ? [] : `${zone || 'nothing'} is not an IANA time zone (${venue})`
  })
  if (problems.length > 0)
    ctx.addIssue(`must be venue=zone, comma separated, each venue once: ${problems.join('; ')}`)
  return zones
})
const databaseUrl = z.string().superRefine((value, ctx) => {
  const problem = value && wrongDatabaseUrl(value)
  if (problem) ctx.addIssue(problem)
})
const hostAndPort = list.pipe(
  z.array(z.string().regex(/^[^\s:]+:\d{1,5}$/, 'must be host:port, comma separated')),
)
const keys = list.pipe(z.array(z.string().refine(is32Bytes, 'must be base64 of 32 bytes')))

/** Many machines set this variable for their own programs, for example to "en_GB:en". */
const language = z
  .string()
  .transform((value) => value.slice(0, 2).toLowerCase())
  .pipe(oneOf('en'))

/** Every variable of the environment: what it may hold, and what contracts/configuration.md says of it. */
// prettier-ignore
export const variables = {
  HOST: { schema: text, fallback: '0.0.0.0', example: '0.0.0.0',
    what: 'address that all ports listen on' },
  PORT: { schema: port, fallback: '8080', example: '8080',
    what: 'port for tills; 0 chooses a free one' },
  MANAGEMENT_PORT: { schema: port, fallback: '9090', example: '9090',
    what: 'port for probes and metrics; 0 chooses a free one' },
  CONSOLE_PORT: { schema: z.union([z.literal(''), port]), fallback: '', example: '8088',
    what: 'port of the console for support and operators; empty: off; 0 chooses a free one' },
  CONSOLE_USERS: { schema: consoleUsers, fallback: '', example: 'dana:operator:scrypt$32768$8$3$bm90LWEtcmVhbC1zYWx0$bm90LWEtcmVhbC1oYXNoLWJ1dC1vbmUtb2YtMzItYnl0ZXM',
    what: 'its users, one `name:role:hash` per line, as `npm run console:password` prints them; best as `CONSOLE_USERS_FILE`. Read at the start' },
  BASE_PATH: { schema: path, fallback: '/zonal/v1', example: '/zonal/v1',
    what: 'path under which the four messages are served' },
  TRUSTED_PROXIES: { schema: integer(0, 10), fallback: '0', example: '1',
    what: 'how many of your own proxies are in front of the service, which is how many hops of `X-Forwarded-For` count; with 0 the trace of a caller (`traceparent`) is not continued' },
  POS_DEADLINE_MS: { schema: integer(600, 60_000), fallback: '2500', example: '2500',
    what: 'time within which a till gets its answer' },
  FAILURE_HTTP_STATUS: { schema: oneOf('503', '200').transform(Number), fallback: '503', example: '503',
    what: 'HTTP status of balance, debit and credit if the catalogue says 503' },
  INVALID_TICKET_HTTP_STATUS: { schema: oneOf('400', '200').transform(Number), fallback: '400', example: '400',
    what: 'HTTP status of a ticket that was kept as a dead letter; with 400, a 413 or 415 stays as it is' },
  CARD_PREFIXES: { schema: list, fallback: '', example: 'LOY,QR-',
    what: 'prefixes to strip from scanned codes, comma separated' },
  VENUE_TIME_ZONE: { schema: timeZone, fallback: 'Europe/London', example: 'Europe/London',
    what: 'time zone of times without an offset' },
  VENUE_TIME_ZONES: { schema: venueTimeZones, fallback: '', example: '1902=Europe/London,2001=Asia/Dubai',
    what: 'the same for venues elsewhere: `venue=zone` with the Aztec venue ID, comma separated' },
  LANGUAGE: { schema: language, fallback: 'en', example: 'en',
    what: 'language of the texts for the operator' },
  TICKETS_WITHOUT_CARD: { schema: oneOf('publish', 'count'), fallback: 'publish', example: 'publish',
    what: '`publish` tickets without a card, or only `count` them; with `count`, a ticket whose card cannot be read is kept as a dead letter' },
  CAPTURE_DIR: { schema: z.string(), fallback: '', example: '/var/capture',
    what: 'folder for captured exchanges; empty: off' },
  CAPTURE_NAMES: { schema: oneOf('replace', 'keep'), fallback: 'replace', example: 'keep',
    what: 'names of fields in captured text of an unknown syntax, in paths and in headers: `replace` them, or `keep` what looks like a name' },
  CORE_BASE_URL: { schema: url, fallback: 'https://api.trifft.io/v1', example: 'https://api.trifft.io/v1',
    what: 'TRIFFT REST API' },
  CORE_VENUE_PARAMETER: { schema: slug, fallback: 'aztecVenueId', example: 'aztecVenueId',
    what: "slug of the venue's custom parameter" },
  CORE_ENTITY_CODE_PARAMETER: { schema: slug, fallback: 'aztecEntityCode', example: 'aztecEntityCode',
    what: "slug of the coupon's parameter that holds a promotion's entity code" },
  CORE_DISCOUNT_ID_PARAMETER: { schema: slug, fallback: 'aztecDiscountId', example: 'aztecDiscountId',
    what: "slug of the coupon's parameter that holds a discount ID" },
  CORE_RATE_LIMIT: { schema: integer(0, 100_000), fallback: '48', example: '48',
    what: 'calls to the core within one window; 0: no limit' },
  CORE_RATE_WINDOW_MS: { schema: integer(1, 3_600_000), fallback: '10000', example: '10000',
    what: 'length of the window; a call counts until this long after its end' },
  CORE_BLOCK_MS: { schema: integer(1, 3_600_000), fallback: '60000', example: '60000',
    what: 'how long nothing is sent after a 429 without `Retry-After`' },
  CORE_RATE_SCOPE: { schema: oneOf('all', 'key'), fallback: 'all', example: 'all',
    what: 'which calls share the limit: `all`, or those with the same API `key`' },
  CORE_BALANCE_DEADLINE_MS: { schema: integer(50, 60_000), fallback: '1500', example: '1500',
    what: 'time limit of a call to the core for a balance or a venue check' },
  CORE_REDEMPTION_DEADLINE_MS: { schema: integer(50, 60_000), fallback: '2000', example: '2000',
    what: 'time limit of a call to the core for a debit or credit' },
  BALANCE_FRESH_MS: { schema: integer(0), fallback: '5000', example: '5000',
    what: 'how long a balance is served from memory' },
  BALANCE_STALE_MS: { schema: integer(0), fallback: '60000', example: '60000',
    what: 'the same while the core cannot answer; it is marked as stale' },
  VENUE_FRESH_MS: { schema: integer(0), fallback: '3600000', example: '3600000',
    what: 'how long a venue approval is good' },
  VENUE_STALE_MS: { schema: integer(0), fallback: '86400000', example: '86400000',
    what: 'the same while the core cannot answer' },
  VENUE_REFUSED_MS: { schema: integer(0), fallback: '30000', example: '30000',
    what: 'how long the core is not asked again about a refused venue or key' },
  GUESSES_PER_ADDRESS: { schema: integer(1, 100_000), fallback: '10', example: '10',
    what: 'refused checks of venue and key from one address within a minute; after that, unknown pairs get `CREDENTIALS_LOCKED`' },
  GUESSES_IN_ALL: { schema: integer(1, 100_000), fallback: '60', example: '60',
    what: 'the same for all addresses together' },
  CORE_TRACEPARENT: { schema: yesOrNo, fallback: 'false', example: 'true',
    what: '`true` sends a `traceparent` header with each call to the core' },
  KAFKA_BROKERS: { schema: hostAndPort, fallback: '', example: 'kafka-1:9092,kafka-2:9092',
    what: 'comma separated; empty keeps tickets in the journal, and is refused when `NODE_ENV=production`' },
  KAFKA_TOPIC: { schema: z.string().regex(/^[A-Za-z0-9._-]{1,249}$/, 'must be letters, digits, ., _ or -'), fallback: 'loyalty.zonal.tickets.v1', example: 'loyalty.zonal.tickets.v1',
    what: 'topic of closed tickets' },
  KAFKA_CLIENT_ID: { schema: text, fallback: 'zonal-loyalty-adapter', example: 'zonal-loyalty-adapter',
    what: 'client id at the brokers' },
  KAFKA_SSL: { schema: yesOrNo, fallback: 'false', example: 'true',
    what: 'TLS to the brokers' },
  KAFKA_SSL_CA_FILE: { schema: z.string(), fallback: '', example: '/etc/kafka/ca.pem',
    what: "path of a PEM file with the CA; empty: the system's" },
  KAFKA_SASL_MECHANISM: { schema: oneOf('', 'plain', 'scram-sha-256', 'scram-sha-512'), fallback: '', example: 'scram-sha-512',
    what: '`plain`, `scram-sha-256` or `scram-sha-512`; empty: no SASL' },
  KAFKA_SASL_USERNAME: { schema: z.string(), fallback: '', example: 'adapter',
    what: 'user name for SASL' },
  KAFKA_SASL_PASSWORD: { schema: z.string(), fallback: '', example: '(a secret)',
    what: 'password for SASL' },
  JOURNAL_URL: { schema: databaseUrl, fallback: '', example: 'postgres://adapter@db.example:5432/adapter',
    what: 'PostgreSQL database of the journal, for several replicas; empty: the SQLite file at `JOURNAL_PATH`' },
  JOURNAL_PASSWORD: { schema: z.string(), fallback: '', example: '(a secret)',
    what: 'password for `JOURNAL_URL`. From `JOURNAL_PASSWORD_FILE` it is read again for each connection' },
  JOURNAL_LISTEN_URL: { schema: databaseUrl, fallback: '', example: 'postgres://adapter@db.example:5432/adapter',
    what: 'the same database without a pooler in between, for `LISTEN`; empty: `JOURNAL_URL`' },
  JOURNAL_POOL: { schema: integer(2, 100), fallback: '8', example: '8',
    what: 'maximum number of connections to PostgreSQL per replica; one more listens, and one writes the diary' },
  JOURNAL_TLS: { schema: oneOf('verify', 'off'), fallback: 'verify', example: 'verify',
    what: '`verify`: TLS to PostgreSQL, with its certificate checked; `off`: only for a loopback address or a socket, or if `NODE_ENV` is not `production`' },
  JOURNAL_TLS_CA_FILE: { schema: z.string(), fallback: '', example: '/etc/postgres/ca.pem',
    what: "path of a PEM file with the CA of PostgreSQL's certificate; empty: the system's" },
  JOURNAL_PATH: { schema: text, fallback: 'data/journal.sqlite', example: '/var/lib/adapter/journal.sqlite',
    what: 'the SQLite file, on block storage that only this pod uses' },
  JOURNAL_MAX_BYTES: { schema: integer(1_048_576, Number.MAX_SAFE_INTEGER), fallback: '1073741824', example: '1073741824',
    what: 'bytes that the journal may use; above it debits, credits and tickets are refused, tickets from 90 % on' },
  DIARY_DAYS: { schema: integer(0, 400), fallback: '35', example: '35',
    what: 'how long the diary keeps what tills said and heard, for look-ups; 0: no diary' },
  DIARY_MAX_BYTES: { schema: integer(0, Number.MAX_SAFE_INTEGER), fallback: '1073741824', example: '1073741824',
    what: 'bytes that the diary may use, beside those of the journal; the oldest rows go first; 0: no diary' },
  JOURNAL_KEY: { schema: keys, fallback: '', example: '$(openssl rand -base64 32)',
    what: 'key that seals secrets in the journal: base64 of 32 bytes. To rotate it, give several, comma separated: the first seals, all of them open. Needed if `NODE_ENV=production`, or if `HOST` is not a loopback address' },
  CARD_HASH_KEY: { schema: z .string() .refine((value) => value === '' || value.trim().length >= 16, 'must be at least 16 characters, blanks at its ends not counted'), fallback: '', example: '$(openssl rand -base64 32)',
    what: 'secret of the keyed hash that replaces a card number; must never change. Needed if `NODE_ENV=production`, or if `HOST` is not a loopback address' },
  DEVELOPMENT_KEYS: { schema: oneOf('', '1'), fallback: '', example: '1',
    what: '`1` allows the keys in the repository, which everybody knows, also if `HOST` is not a loopback address; never in production' },
  OTEL_EXPORTER_OTLP_ENDPOINT: { schema: collectorUrl, fallback: '', example: 'http://collector:4318',
    what: 'collector of traces: OTLP over HTTP, at `/v1/traces` below this URL; empty: no traces' },
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: { schema: collectorUrl, fallback: '', example: 'http://collector:4318/v1/traces',
    what: 'the same as a whole URL, which is taken as it is' },
  OTEL_EXPORTER_OTLP_HEADERS: { schema: collectorHeaders, fallback: '', example: 'api-key=secret',
    what: 'headers for the collector, such as its key: `name=value`, comma separated' },
  OTEL_EXPORTER_OTLP_CERTIFICATE: { schema: z.string(), fallback: '', example: '/etc/otel/ca.pem',
    what: "path of a PEM file with the CA of the collector's certificate; empty: the system's" },
  OTEL_SERVICE_NAME: { schema: text, fallback: 'zonal-loyalty-adapter', example: 'zonal-loyalty-adapter',
    what: 'name of the service in traces' },
  OTEL_RESOURCE_ATTRIBUTES: { schema: resourceAttributes, fallback: '', example: 'deployment.environment.name=production',
    what: 'what else traces say of the service: `name=value`, comma separated' },
  OTEL_TRACES_SAMPLER_ARG: { schema: share, fallback: '0.1', example: '0.1',
    what: 'share of the traces that are recorded, 0 to 1; a trace that comes with a request is recorded if its caller says so' },
  LOG_LEVEL: { schema: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'), fallback: 'info', example: 'info',
    what: 'lowest level that is logged' },
  DRAIN_DELAY_MS: { schema: z.union([z.literal(''), integer(0, 600_000)]), fallback: '', example: '5000',
    what: 'how long the service goes on serving after SIGTERM before it stops listening; 5000 if `NODE_ENV=production`, else 0' },
  SHUTDOWN_TIMEOUT_MS: { schema: integer(0, 600_000), fallback: '25000', example: '25000',
    what: 'how long a stop may take before it is forced' },
} as const satisfies Record<string, Variable>

/** The formatter knows older names too, but the first formatter of a process takes 25 ms to make. */
function isTimeZone(value: string): boolean {
  if (Intl.supportedValuesOf('timeZone').includes(value)) return true
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: value }))
  } catch {
    return false
  }
}

function hasNoExtras(value: string): boolean {
  const { username, password, search, hash } = new URL(value)
  return [username, password, search, hash].every((part) => part === '')
}

function is32Bytes(value: string): boolean {
  return /^[A-Za-z0-9+/]{43}=$/.test(value)
}

function wrongDatabaseUrl(value: string): string | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (!url || !/^postgres(ql)?:$/.test(url.protocol)) return 'must be a postgres:// URL'
  if (url.password) return 'must have no password: that goes into JOURNAL_PASSWORD'
  // Programs disagree about what sslmode=require verifies.
  if (url.search) return 'must have no parameters: TLS is set by JOURNAL_TLS, and all else by the service'
  const isWhole = url.username && url.hostname && url.pathname.length > 1
  return isWhole ? undefined : 'must have a user, a host and the name of a database'
}
