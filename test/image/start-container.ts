import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { processOne, spawnBeside, spawnContainer, type Image } from './container.ts'

export type Container = Awaited<ReturnType<typeof startContainer>>

type Ports = { port: number; managementPort: number }

/** What a pod is given, and a Kafka that is down. */
const pod = {
  HOST: '127.0.0.1',
  PORT: '0',
  MANAGEMENT_PORT: '0',
  DRAIN_DELAY_MS: '0',
  CORE_RATE_LIMIT: '0',
  KAFKA_BROKERS: '127.0.0.1:1',
  JOURNAL_KEY: Buffer.alloc(32, 1).toString('base64'),
  CARD_HASH_KEY: 'a card hash key for tests',
}

/**
 * The command of the image, until it listens.
 * @param writable the only folder that can be written
 * @throws Error with all it said, if it ends before
 */
export async function startContainer(image: Image, given: Record<string, string>, writable: string) {
  const env = { ...pod, ...given }
  const startMs = performance.now()
  const child = spawnContainer(image, env, [writable])
  const exited = once(child, 'close') as Promise<[code: number | null, signal: NodeJS.Signals | null]>
  const { listening, said } = follow([child.stdout, child.stderr])
  const ports = await Promise.race([listening, exited.then(() => undefined)])
  if (!ports) throw new Error(`it ended before it listened:\n${said.join('\n')}`)
  const startedMs = Math.round(performance.now() - startMs)
  const pid = processOne(child.pid)

  return {
    pid,
    startedMs,
    url: `http://127.0.0.1:${ports.port}/zonal/v1`,
    managementUrl: `http://127.0.0.1:${ports.managementPort}`,
    /** @returns a line of the kernel's status of process 1 */
    status: (name: string) =>
      new RegExp(`^${name}:\\t(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '',
    /** Beside it, as its user unless told. */
    async run(command: string[], user = image.user) {
      const beside = spawnBeside(pid, { ...image, user }, env, command)
      const output = [text(beside.stdout), text(beside.stderr), once(beside, 'close')] as const
      const [stdout, stderr, [code]] = await Promise.all(output)
      return { code: code as number, stdout, stderr }
    },
    async stop() {
      process.kill(pid, 'SIGTERM')
      return exited
    },
    kill: () => child.kill('SIGKILL'),
  }
}

function follow(streams: NodeJS.ReadableStream[]) {
  const said: string[] = []
  const listening = new Promise<Ports>((resolve) => {
    for (const stream of streams)
      createInterface(stream).on('line', (line) => {
        said.push(line)
        if (line.includes('"msg":"listening"')) resolve(JSON.parse(line) as Ports)
      })
  })
  return { listening, said }
}
