import { readFileSync } from 'node:fs'
import type { Name, Values } from './config.ts'

/** Fixed keys for development, never for production: they are in the repository. */
export const developmentJournalKey = Buffer.from('zonal adapter development key 01').toString('base64')
export const developmentCardHashKey = 'zonal adapter development card hash key'

/** Some ten thousand rows, and the log beside them. */
const minDiaryBytes = 16 * 1024 * 1024

const needsKey = 'is needed unless HOST is a loopback address, such as 127.0.0.1, or DEVELOPMENT_KEYS=1'

/** What cannot be checked for each variable alone. A value that is wrong by itself is undefined here. */
// prettier-ignore
export const wrongCombinations: [name: Name, isWrong: (values: Partial<Values>, isProduction: boolean) => unknown, problem: string][] = [
  ['KAFKA_BROKERS', (v, isProduction) => isProduction && v.KAFKA_BROKERS?.length === 0, 'is needed when NODE_ENV=production'],
  ['JOURNAL_KEY', (v, isProduction) => isProduction && v.JOURNAL_KEY?.length === 0, 'is needed when NODE_ENV=production'],
  ['CARD_HASH_KEY', (v, isProduction) => isProduction && v.CARD_HASH_KEY === '', 'is needed when NODE_ENV=production'],
  ['JOURNAL_KEY', (v, isProduction) => isProduction && v.JOURNAL_KEY?.some(isKnownToAll), 'must be a random key, neither zeros nor the one for development'],
  ['CARD_HASH_KEY', (v, isProduction) => isProduction && v.CARD_HASH_KEY === developmentCardHashKey, 'must be a random key, not the one for development'],
  ['JOURNAL_KEY', (v, isProduction) => !isProduction && isExposed(v) && v.JOURNAL_KEY?.length === 0, needsKey],
  ['CARD_HASH_KEY', (v, isProduction) => !isProduction && isExposed(v) && v.CARD_HASH_KEY === '', needsKey],
  ['DEVELOPMENT_KEYS', (v, isProduction) => isProduction && v.DEVELOPMENT_KEYS, 'must not be set when NODE_ENV=production'],
  ['MANAGEMENT_PORT', (v) => v.PORT && v.PORT === v.MANAGEMENT_PORT, 'must differ from PORT'],
  ['CONSOLE_PORT', (v) => v.CONSOLE_PORT && [v.PORT, v.MANAGEMENT_PORT].includes(v.CONSOLE_PORT), 'must differ from PORT and MANAGEMENT_PORT'],
  ['CONSOLE_USERS', (v) => v.CONSOLE_PORT !== undefined && v.CONSOLE_PORT !== '' && v.CONSOLE_USERS?.size === 0, 'is needed with CONSOLE_PORT: set CONSOLE_USERS_FILE'],
  ['CORE_RATE_LIMIT', (v) => v.CORE_RATE_LIMIT === 1, 'must be 0 or at least 2: a balance is two calls'],
  ['BALANCE_STALE_MS', (v) => isBelow(v.BALANCE_STALE_MS, v.BALANCE_FRESH_MS), 'must not be below BALANCE_FRESH_MS'],
  ['VENUE_STALE_MS', (v) => isBelow(v.VENUE_STALE_MS, v.VENUE_FRESH_MS), 'must not be below VENUE_FRESH_MS'],
  ['JOURNAL_TLS', (v, isProduction) => isProduction && v.JOURNAL_TLS === 'off' && [v.JOURNAL_URL, v.JOURNAL_LISTEN_URL].some(isRemote), 'must be verify when NODE_ENV=production, unless the database is at a loopback address or a socket'],
  ['JOURNAL_TLS_CA_FILE', (v) => v.JOURNAL_TLS_CA_FILE && !isReadable(v.JOURNAL_TLS_CA_FILE), 'cannot be read'],
  ['JOURNAL_URL', (v) => v.JOURNAL_URL === '' && (v.JOURNAL_PASSWORD || v.JOURNAL_LISTEN_URL || v.JOURNAL_TLS_CA_FILE), 'is needed with JOURNAL_PASSWORD, JOURNAL_LISTEN_URL or JOURNAL_TLS_CA_FILE'],
  ['DIARY_MAX_BYTES', (v) => v.DIARY_MAX_BYTES && isBelow(v.DIARY_MAX_BYTES, minDiaryBytes), `must be 0, or at least ${minDiaryBytes}`],
  ['KAFKA_SASL_USERNAME', (v) => v.KAFKA_SASL_MECHANISM && v.KAFKA_SASL_USERNAME === '', 'is needed with KAFKA_SASL_MECHANISM'],
  ['KAFKA_SASL_PASSWORD', (v) => v.KAFKA_SASL_MECHANISM && v.KAFKA_SASL_PASSWORD === '', 'is needed with KAFKA_SASL_MECHANISM'],
  ['KAFKA_SASL_MECHANISM', (v) => v.KAFKA_SASL_MECHANISM === '' && (v.KAFKA_SASL_USERNAME || v.KAFKA_SASL_PASSWORD), 'is needed with a SASL user name or password'],
  ['KAFKA_SSL', (v) => v.KAFKA_SSL === false && v.KAFKA_SSL_CA_FILE, 'must be true if KAFKA_SSL_CA_FILE is set'],
  ['OTEL_EXPORTER_OTLP_CERTIFICATE', (v) => v.OTEL_EXPORTER_OTLP_CERTIFICATE && !isReadable(v.OTEL_EXPORTER_OTLP_CERTIFICATE), 'cannot be read'],
  ['KAFKA_SSL_CA_FILE', (v) => v.KAFKA_SSL_CA_FILE && !isReadable(v.KAFKA_SSL_CA_FILE), 'cannot be read'],
]

function isLoopback(host: string): boolean {
  return /^(127\.[\d.]+|::1|localhost)$/.test(host)
}

/** A socket is a path, percent-encoded. */
function isRemote(databaseUrl: string | undefined): boolean {
  if (!databaseUrl) return false
  const host = new URL(databaseUrl).hostname.replace(/[[\]]/g, '')
  return !isLoopback(host) && !host.startsWith('%2F')
}

/** Other machines can reach it, and development keys were not asked for. */
function isExposed({ HOST, DEVELOPMENT_KEYS }: Partial<Values>): boolean {
  return HOST !== undefined && !isLoopback(HOST) && DEVELOPMENT_KEYS === ''
}

function isKnownToAll(journalKey: string): boolean {
  return journalKey === developmentJournalKey || Buffer.from(journalKey, 'base64').every((byte) => byte === 0)
}

function isBelow(value: number | undefined, least: number | undefined): boolean {
  return value !== undefined && least !== undefined && value < least
}

function isReadable(file: string): boolean {
  try {
    return readFileSync(file).length > 0
  } catch {
    return false
  }
}
