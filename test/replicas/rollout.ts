import { once, EventEmitter } from 'node:events'
import { pauseUntil } from '../torture/pause.ts'
import type { Replicas } from '../sandbox/replicas.ts'
import type { AdapterProcess, Exit } from '../support/adapter-process.ts'

/**
 * What Kubernetes does with a Deployment whose update has `maxSurge: 1` and `maxUnavailable: 0`: tills are only sent to pods
 * that are ready, one more pod is started, and once that is ready an old one gets SIGTERM.
 *
 * @param probeEveryMs so long it takes at most until it is noticed that a pod is ready, or not any more
 */
export function startRollout({ adapters, start, route }: Replicas, probeEveryMs: number) {
  const pods = new Set<AdapterProcess>(adapters)
  const probed = new EventEmitter<{ ready: [AdapterProcess[]] }>()
  const stopping = new AbortController()
  const probing = probe()

  async function probe() {
    do {
      const asked = [...pods]
      const answers = await Promise.all(asked.map(isReady))
      const ready = asked.filter((_, index) => answers[index])
      if (ready.length > 0) route(ready.map(({ port }) => port))
      probed.emit('ready', ready)
    } while (await pauseUntil(stopping.signal, probeEveryMs))
  }

  return {
    pods: () => [...pods],
    /** @returns how each old pod has ended */
    async replaceAll(): Promise<Exit[]> {
      const ends: Promise<Exit>[] = []
      for (const old of [...pods]) {
        const added = await start()
        pods.add(added)
        while (!((await once(probed, 'ready'))[0] as AdapterProcess[]).includes(added));
        // The next one is started while this one still serves what reaches it.
        ends.push(old.stop().finally(() => pods.delete(old)))
      }
      return await Promise.all(ends)
    },
    async stop() {
      stopping.abort()
      await probing
    },
  }
}

async function isReady({ managementUrl }: AdapterProcess): Promise<boolean> {
  try {
    return (await fetch(`${managementUrl}/health/ready`)).ok
  } catch {
    return false
  }
}
