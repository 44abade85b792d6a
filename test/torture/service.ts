import { startAdapterProcess } from '../support/adapter-process.ts'
import { holdPort } from '../support/held-ports.ts'

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
  const { url, managementUrl } = current
  /** When it was killed, performance.now(). */
  const killedAtMs: number[] = []
  let life = 1
  let isServing = true

  return {
    url,
    managementUrl,
    killedAtMs,
    /** Another number after each end; undefined while nobody serves. */
    life: () => (isServing ? life : undefined),

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
      return (await current.stop()).code
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
