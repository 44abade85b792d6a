import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify, stripVTControlCharacters } from 'node:util'
import { markPending } from '../../support/mark-pending.ts'
import { documentPath } from '../documents.ts'

const execute = promisify(execFile)
const root = join(import.meta.dirname, '../../..')

/** `npm run contracts:tools` puts it there. */
const env = {
  ...process.env,
  PYTHONPATH: join(root, '.cache/schemathesis'),
  PYTHONDONTWRITEBYTECODE: '1',
  // Messages for 127.0.0.1 are not for the machine's proxy.
  NO_PROXY: '127.0.0.1',
}
const program = ['-m', 'schemathesis.cli']

/** The tests of a suite are pending if schemathesis is missing, or fail if REQUIRE_SCHEMATHESIS=1. */
export function useSchemathesis() {
  before(async function () {
    const isThere = await execute('python3', [...program, '--version'], { env }).then(
      () => true,
      () => false,
    )
    const reason = 'schemathesis cannot be run (npm run contracts:tools installs it)'
    if (!isThere) markPending(this, reason, 'REQUIRE_SCHEMATHESIS')
  })
}

/**
 * Sends a service the requests that schemathesis derives from the POS document.
 * @returns what schemathesis says, and whether it has found something
 */
export async function runSchemathesis(service: { url: string; venueId: string; apiKey: string }) {
  const folder = await mkdtemp(join(tmpdir(), 'schemathesis-'))
  const words = [
    ...['--config-file', join(import.meta.dirname, 'schemathesis.toml')],
    ...['run', documentPath('zonal-izone.openapi.yaml')],
    ...['--url', service.url, '--auth', `${service.venueId}:${service.apiKey}`],
  ]
  const options = {
    cwd: root,
    env: { ...env, HYPOTHESIS_STORAGE_DIRECTORY: folder },
    maxBuffer: 64 * 1024 ** 2,
  }
  try {
    const { stdout } = await execute('python3', [...program, ...words], options)
    return { hasFound: false, report: stripVTControlCharacters(stdout) }
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    return { hasFound: true, report: stripVTControlCharacters(stdout + stderr) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
