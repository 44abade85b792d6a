import { startAdapterProcess } from '../support/adapter-process.ts'
import { holdPort } from '../support/held-ports.ts'
import type { Fate } from './target.ts'

export type Supervised = Awaited<ReturnType<typeof superviseService>>

/**
 * The service as a process that is ended from outside and started again on the same ports and files, as often as it
 * takes: what Kubernetes does.
 */
export async function superviseService(env: Record<string, string>, logFile: string) {
  // Held until this process ends, since tills ask there while the service is away.
  const [tills, management] = await Promise.all([holdPort(), holdPort()])
  const sameAgain = { ...env, PORT: String(tills.port), MANAGEMENT_PORT: String(management.port) }
  let current = await startAdapterProcess(sameAgain, { logFile })
  const { url, managementUrl, port } = current
  /** When it was killed, and when it had ended by itself; performance.now(). */
  const killedAtMs: number[] = []
  const stoppedAtMs: number[] = []
  /** Another number after each end. */
  let life = 1
  let isServing = true

  return {
    url,
    managementUrl,
    port,
    killedAtMs,
    stoppedAtMs,
    isServing: () => isServing,

    /** As `Target` has it; also a stop is an end. */
    watch() {
      const lifeBefore = isServing ? life : undefined
      return (): Fate => (lifeBefore === life ? 'nothing' : 'ended')
    },

    /** It does nothing until `thaw`, but a kill ends it. */
    freeze: () => void process.kill(current.pid!, 'SIGSTOP'),
    thaw: () => void process.kill(current.pid!, 'SIGCONT'),

    async kill9() {
      killedAtMs.push(performance.now())
      life += 1
      isServing = false
      await current.kill9()
    },

    /** @returns the exit code */
    async stop() {
      life += 1
      isServing = false
      const { code } = await current.stop()
      stoppedAtMs.push(performance.now())
      return code
    },

    /** @throws the last failure, if it does not come up again and again */
    async start() {
      for (let tries = 1; !isServing; tries++) {
        try {
          current = await startAdapterProcess(sameAgain, { logFile })
          isServing = true
        } catch (error) {
          if (tries === 20) throw error
        }
      }
    },
  }
}
