import { createRequire } from 'node:module'
import type * as client from '@prometheus-io/client'

/**
 * The parts of the Prometheus client that the service uses. Its main file loads OpenTelemetry's API as well, for one
 * metric of the process, which costs a start without traces 5 ms and 5 MB.
 */
const require = createRequire(import.meta.url)
const load = (file: string): unknown => require(`@prometheus-io/client/lib/${file}`)

export const Counter = load('counter.js') as typeof client.Counter
export const Gauge = load('gauge.js') as typeof client.Gauge
export const Histogram = load('histogram.js') as typeof client.Histogram
export const Registry = load('registry.js') as typeof client.Registry
export type Registry = client.Registry

/** Those of the client, but for the CPU. */
const processMetrics = [
  'processStartTime',
  'osMemoryHeap',
  'processOpenFileDescriptors',
  'processMaxFileDescriptors',
  'eventLoopLag',
  'eventLoopUtilization',
  'processResources',
  'processHandles',
  'processRequests',
  'heapSizeAndUsed',
  'heapSpacesSizeAndUsed',
  'version',
  'gc',
]

/** Of this process: what it uses, and how quickly its event loop turns. */
export function collectProcessMetrics(register: client.Registry) {
  collectCpu(register)
  for (const name of processMetrics) {
    const collect = load(`metrics/${name}.js`) as (register: client.Registry, settings: object) => void
    collect(register, { eventLoopMonitoringPrecision: 10 })
  }
}

function collectCpu(register: client.Registry) {
  const registers = [register]
  let last = process.cpuUsage()
  const user = new Counter({
    name: 'process_cpu_user_seconds_total',
    help: 'Total user CPU time spent in seconds.',
    registers,
    collect() {
      const used = process.cpuUsage(last)
      last = process.cpuUsage()
      user.inc(used.user / 1e6)
      system.inc(used.system / 1e6)
      all.inc((used.user + used.system) / 1e6)
    },
  })
  const system = new Counter({
    name: 'process_cpu_system_seconds_total',
    help: 'Total system CPU time spent in seconds.',
    registers,
  })
  const all = new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Total user and system CPU time spent in seconds.',
    registers,
  })
}
