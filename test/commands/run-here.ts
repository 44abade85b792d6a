import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { processEnv } from '../support/process-env.ts'
import { orderOf, type Ended, type Given, type Order } from './run-command.ts'

const idle: ChildProcess[] = []

/**
 * Runs an operator's command as `run-command.ts` does, but in a process that has run others before: to start one takes a
 * quarter of a second, most of it for its modules, and there are hundreds. That a command ends by itself is tested
 * where each is run in a process of its own, as in `docs/commands.test.ts`.
 */
export async function runCommand(...given: Given): Promise<Ended> {
  const host = idle.pop() ?? startHost()
  const ended = await ask(host, orderOf(...given))
  host.unref()
  host.channel?.unref()
  idle.push(host)
  return ended
}

async function ask(host: ChildProcess, order: Order): Promise<Ended> {
  const listening = new AbortController()
  const { signal } = listening
  try {
    host.ref()
    host.channel?.ref()
    const answered = once(host, 'message', { signal }) as Promise<[Ended]>
    const died = once(host, 'exit', { signal }).then(([code]) => {
      throw new Error(`the process of ${order.file} ended with ${code}`)
    })
    host.send(order)
    const [ended] = await Promise.race([answered, died])
    died.catch(() => undefined)
    return ended
  } finally {
    listening.abort()
  }
}

/** It ends when this process does. */
function startHost(): ChildProcess {
  return fork(fileURLToPath(new URL('command-host.ts', import.meta.url)), { env: processEnv() })
}
