import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readNodeSettings } from '../image/dockerfile.ts'
import { startProgram, type Program } from './processes.ts'

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))

export type Adapter = Program & { balanceUrl: string; debitUrl: string; ticketUrl: string }

/**
 * The service as the image runs it, from `dist/`, with its log, metrics and journal. Only the core's published limit is
 * off, since at 50 calls in 10 s there would be nothing to measure.
 *
 * @param options `env` above the defaults; `isUnsynced`: the journal's commits do not wait for the disk
 */
export async function startAdapter(
  name: string,
  options: {
    coreUrl: string
    folder: string
    env?: Record<string, string>
    nodeArgs?: string[]
    isUnsynced?: boolean
  },
): Promise<Adapter> {
  const { coreUrl, folder, env, nodeArgs = [], isUnsynced = false } = options
  const program = await startProgram({
    name,
    folder,
    args: [...nodeArgs, ...(isUnsynced ? ['--import', here('unsynced.ts')] : []), main],
    env: {
      HOST: '127.0.0.1',
      PORT: '0',
      MANAGEMENT_PORT: '0',
      CORE_BASE_URL: coreUrl,
      CORE_RATE_LIMIT: '0',
      JOURNAL_PATH: join(folder, `${name}.sqlite`),
      JOURNAL_MAX_BYTES: String(16 * 2 ** 30),
      ...readNodeSettings(),
      NODE_COMPILE_CACHE: join(folder, 'compiled'),
      ...env,
    },
  })
  const base = `${program.url}/zonal/v1`
  return { ...program, balanceUrl: `${base}/balance`, debitUrl: `${base}/debit`, ticketUrl: `${base}/ticket` }
}

export function startCore(folder: string): Promise<Program> {
  return startProgram({ name: 'core', folder, args: [here('core.ts')] })
}

/** @param file below `contenders/` */
export function startContender(name: string, file: string, env: Record<string, string>, folder: string) {
  return startProgram({ name, folder, env, args: [here(`contenders/${file}`)] })
}
