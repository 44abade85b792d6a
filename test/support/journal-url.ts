/** @param testUrl of a database for tests, with its password */
export function splitPassword(testUrl: string): { url: string; password: string } {
  const url = new URL(testUrl)
  const password = decodeURIComponent(url.password)
  url.password = ''
  return { url: url.href, password }
}

/** @returns the variables of a service whose journal is there */
export function journalEnv(testUrl: string) {
  const { url, password } = splitPassword(testUrl)
  return { JOURNAL_URL: url, JOURNAL_PASSWORD: password, JOURNAL_TLS: 'off' }
}

/** @returns the configuration of a journal that is there */
export function postgresAt(testUrl: string) {
  const { url, password } = splitPassword(testUrl)
  return {
    url,
    listenUrl: url,
    password,
    passwordFile: undefined,
    poolSize: 4,
    // A busy machine must not count as an outage.
    patienceMs: 20_000,
    tls: 'off' as const,
    tlsCaFile: undefined,
    isProduction: false,
  }
}
