import { readFileSync } from 'node:fs'
import type { z } from 'zod'
import { developmentCardHashKey, developmentJournalKey, wrongCombinations } from './combinations.ts'
import { variables } from './variables.ts'

export type Name = keyof typeof variables
export type Values = { [K in Name]: z.output<(typeof variables)[K]['schema']> }
type Problem = { name: string; problem: string; example: string }
export type Config = ReturnType<typeof nest>

/** All problems of an environment at once. */
export class ConfigInvalid extends Error {
  override name = 'ConfigInvalid'
  readonly problems: Problem[]

  constructor(problems: Problem[]) {
    const lines = problems.map(
      ({ name, problem, example }) => `  ${name} ${problem}, for example ${name}=${example}`,
    )
    super(['The configuration cannot be used:', ...lines].join('\n'))
    this.problems = problems
  }
}

/**
 * @param env like `process.env`; each variable may also be given as `NAME_FILE`, the path of a file that holds it
 * @returns nested and frozen
 * @throws ConfigInvalid with every problem
 */
export function readConfig(env: Record<string, string | undefined>): Config {
  const problems: Problem[] = []
  const isProduction = env.NODE_ENV === 'production'
  const complain = (name: Name, problem: string) =>
    problems.push({ name, problem, example: variables[name].example })

  const given = Object.fromEntries(names.map((name) => [name, readGiven(env, name, complain)]))
  const values = Object.fromEntries(
    names.map((name) => {
      const parsed = variables[name].schema.safeParse(given[name] || variables[name].fallback)
      if (!parsed.success) complain(name, parsed.error.issues[0]?.message ?? 'is not usable')
      return [name, parsed.data]
    }),
  ) as Values
  for (const [name, isWrong, problem] of wrongCombinations)
    if (isWrong(values, isProduction)) complain(name, problem)
  if (problems.length > 0) throw new ConfigInvalid(problems)
  return deepFreeze(nest(values, isProduction, env.JOURNAL_PASSWORD_FILE || undefined))
}

const names = Object.keys(variables) as Name[]

function readGiven(
  env: Record<string, string | undefined>,
  name: Name,
  complain: (name: Name, problem: string) => void,
): string | undefined {
  const file = env[`${name}_FILE`]
  if (!file) return env[name]
  if (env[name]) {
    complain(name, `is set, and ${name}_FILE too; set one of them`)
    return undefined
  }
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    complain(name, `cannot be read from ${name}_FILE (${(error as NodeJS.ErrnoException).code})`)
    return undefined
  }
}

function nest(values: Values, isProduction: boolean, journalPasswordFile: string | undefined) {
  return {
    isProduction,
    isDevelopmentKey: { journal: values.JOURNAL_KEY.length === 0, cardHash: values.CARD_HASH_KEY === '' },
    server: {
      host: values.HOST,
      port: values.PORT,
      managementPort: values.MANAGEMENT_PORT,
      trustedProxies: values.TRUSTED_PROXIES,
      drainDelayMs: values.DRAIN_DELAY_MS === '' ? (isProduction ? 5000 : 0) : values.DRAIN_DELAY_MS,
      shutdownTimeoutMs: values.SHUTDOWN_TIMEOUT_MS,
    },
    console: {
      port: values.CONSOLE_PORT === '' ? undefined : values.CONSOLE_PORT,
      users: values.CONSOLE_USERS,
    },
    zonal: {
      basePath: values.BASE_PATH,
      deadlineMs: values.POS_DEADLINE_MS,
      failureHttpStatus: values.FAILURE_HTTP_STATUS,
      invalidTicketHttpStatus: values.INVALID_TICKET_HTTP_STATUS,
      cardPrefixes: values.CARD_PREFIXES,
      timeZone: values.VENUE_TIME_ZONE,
      venueTimeZones: values.VENUE_TIME_ZONES,
      language: values.LANGUAGE,
      captureDir: values.CAPTURE_DIR || undefined,
      captureNames: values.CAPTURE_NAMES,
    },
    core: {
      baseUrl: values.CORE_BASE_URL,
      venueParameter: values.CORE_VENUE_PARAMETER,
      entityCodeParameter: values.CORE_ENTITY_CODE_PARAMETER,
      discountIdParameter: values.CORE_DISCOUNT_ID_PARAMETER,
      rateLimit: values.CORE_RATE_LIMIT,
      rateWindowMs: values.CORE_RATE_WINDOW_MS,
      blockMs: values.CORE_BLOCK_MS,
      rateScope: values.CORE_RATE_SCOPE,
      balanceDeadlineMs: values.CORE_BALANCE_DEADLINE_MS,
      redemptionDeadlineMs: values.CORE_REDEMPTION_DEADLINE_MS,
      balanceFreshMs: values.BALANCE_FRESH_MS,
      balanceStaleMs: values.BALANCE_STALE_MS,
      venueFreshMs: values.VENUE_FRESH_MS,
      venueStaleMs: values.VENUE_STALE_MS,
      venueRefusedMs: values.VENUE_REFUSED_MS,
      guessesPerAddress: values.GUESSES_PER_ADDRESS,
      guessesInAll: values.GUESSES_IN_ALL,
      isToldTraces: values.CORE_TRACEPARENT,
    },
    journal: {
      path: values.JOURNAL_PATH,
      postgres: values.JOURNAL_URL === '' ? undefined : toPostgres(values, isProduction, journalPasswordFile),
      maxBytes: values.JOURNAL_MAX_BYTES,
      keys: values.JOURNAL_KEY.length > 0 ? values.JOURNAL_KEY : [developmentJournalKey],
      cardHashKey: values.CARD_HASH_KEY || developmentCardHashKey,
      posDeadlineMs: values.POS_DEADLINE_MS,
      venueStaleMs: values.VENUE_STALE_MS,
    },
    diary: { days: values.DIARY_DAYS, maxBytes: values.DIARY_MAX_BYTES },
    tickets: {
      brokers: values.KAFKA_BROKERS,
      topic: values.KAFKA_TOPIC,
      clientId: values.KAFKA_CLIENT_ID,
      ssl: values.KAFKA_SSL,
      sslCaFile: values.KAFKA_SSL_CA_FILE || undefined,
      sasl:
        values.KAFKA_SASL_MECHANISM === ''
          ? undefined
          : {
              mechanism: values.KAFKA_SASL_MECHANISM,
              username: values.KAFKA_SASL_USERNAME,
              password: values.KAFKA_SASL_PASSWORD,
            },
      withoutCard: values.TICKETS_WITHOUT_CARD,
      venueParameter: values.CORE_VENUE_PARAMETER,
    },
    tracing: toTracing(values),
    log: { level: values.LOG_LEVEL },
  }
}

function toPostgres(values: Values, isProduction: boolean, passwordFile: string | undefined) {
  return {
    url: values.JOURNAL_URL,
    listenUrl: values.JOURNAL_LISTEN_URL || values.JOURNAL_URL,
    password: values.JOURNAL_PASSWORD,
    /** Read again for each connection, since passwords rotate. */
    passwordFile,
    poolSize: values.JOURNAL_POOL,
    /** How long one use of the database may take, so that the till still gets its answer. */
    patienceMs: Math.max(500, values.POS_DEADLINE_MS - 500),
    tls: values.JOURNAL_TLS,
    tlsCaFile: values.JOURNAL_TLS_CA_FILE || undefined,
    isProduction,
  }
}

function toTracing(values: Values) {
  const base = values.OTEL_EXPORTER_OTLP_ENDPOINT
  return {
    url:
      values.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ||
      (base && `${base.replace(/\/+$/, '')}/v1/traces`) ||
      undefined,
    headers: values.OTEL_EXPORTER_OTLP_HEADERS,
    certificateFile: values.OTEL_EXPORTER_OTLP_CERTIFICATE || undefined,
    serviceName: values.OTEL_SERVICE_NAME,
    resource: values.OTEL_RESOURCE_ATTRIBUTES,
    ratio: values.OTEL_TRACES_SAMPLER_ARG,
  }
}

/** For the log line at the start: every value except secrets. */
export function summarize(config: Config): Record<string, unknown> {
  const { console, zonal, journal, tickets, tracing, ...rest } = config
  return {
    ...rest,
    console: { port: console.port, users: console.users.size },
    zonal: { ...zonal, venueTimeZones: Object.fromEntries(zonal.venueTimeZones) },
    journal: { ...whereJournalIs(journal), maxBytes: journal.maxBytes, keys: journal.keys.length },
    tickets: { ...tickets, sasl: tickets.sasl && { mechanism: tickets.sasl.mechanism } },
    tracing: { ...tracing, headers: Object.keys(tracing.headers) },
  }
}

function whereJournalIs({ path, postgres }: Config['journal']) {
  return postgres ? { url: postgres.url, poolSize: postgres.poolSize, tls: postgres.tls } : { path }
}

/** Rows of the table in contracts/configuration.md, in the order of `variables`. */
export function describeConfig(): { name: string; fallback: string; what: string }[] {
  return names.map((name) => ({ name, fallback: variables[name].fallback, what: variables[name].what }))
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (part && typeof part === 'object') deepFreeze(part)
  return Object.freeze(value)
}
