import { Readable } from 'node:stream'
import type { Ended, Order } from './run-command.ts'

let runs = 0

/** The process that `run-here.ts` starts: runs one command after the other, each as if the process were its own. */
process.on('message', (order: Order) => {
  void run(order).then((ended) => process.send!(ended))
})

async function run({ file, words, env, input }: Order): Promise<Ended> {
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    process[name].write = (chunk: string | Uint8Array) => {
      said[name] += String(chunk)
      return true
    }
  Object.defineProperty(process, 'stdin', { value: Readable.from([input]), configurable: true })
  process.argv = [process.execPath, file, ...words]
  for (const name of Object.keys(process.env)) delete process.env[name]
  Object.assign(process.env, env)
  process.exitCode = undefined
  try {
    // Under a new address the module runs again; what it imports is there already.
    await import(`${file}?run=${(runs += 1)}`)
  } catch (error) {
    process.exitCode = 1
    said.stderr += String(error)
  }
  const code = Number(process.exitCode ?? 0)
  process.exitCode = undefined
  return { code, ...said }
}
