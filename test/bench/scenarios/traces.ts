import { fileURLToPath } from 'node:url'
import { startAdapter, startCore } from '../adapter.ts'
import * as messages from '../messages.ts'
import { cpuSeconds, rssMb, startProgram } from '../processes.ts'
import type { Figure, Measurement } from '../report.ts'
import { interleave, ratio, spread, type Settings } from '../rounds.ts'

const starts = 7
const collector = fileURLToPath(new URL('../collector.ts', import.meta.url))

/** What traces cost: while they are off, with a tenth of them recorded, and with all of them. */
export async function traces(settings: Settings): Promise<Measurement> {
  const { folder } = settings
  const core = await startCore(folder)
  const sink = await startProgram({ name: 'collector', args: [collector], folder })
  const fresh = { BALANCE_FRESH_MS: '3600000', BALANCE_STALE_MS: '3600000' }
  const on = (share: string) => ({
    ...{ OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, OTEL_TRACES_SAMPLER_ARG: share },
    ...fresh,
  })
  const kinds = [
    { name: 'off', env: fresh },
    { name: 'a tenth recorded', env: on('0.1') },
    { name: 'all recorded', env: on('1') },
  ]
  const options = { coreUrl: `${core.url}/v1`, folder }
  const figures: Figure[] = []
  const variants = []
  for (const { name, env } of kinds) {
    const word = name.replaceAll(' ', '-')
    // In the image what V8 compiles is kept, by a start when it is built.
    await (await startAdapter(`first-${word}`, { ...options, env })).stop()
    const ready: number[] = []
    const worked: number[] = []
    const resting: number[] = []
    for (let start = 0; start < starts; start++) {
      const adapter = await startAdapter(`start-${word}`, { ...options, env })
      ready.push(adapter.readyMs)
      worked.push(cpuSeconds(adapter) * 1_000)
      resting.push(rssMb(adapter))
      await adapter.stop()
    }
    figures.push(
      {
        name: `start to ready, traces ${name}`,
        value: spread(ready).median,
        unit: 'ms',
        note: `least ${spread(ready).least.toFixed(0)}`,
      },
      { name: `CPU until ready, traces ${name}`, value: spread(worked).median, unit: 'ms' },
      { name: `RSS once ready, traces ${name}`, value: spread(resting).median, unit: 'MB' },
    )
    const program = await startAdapter(`ours-${word}`, { ...options, env })
    variants.push({ name, program, url: program.balanceUrl, body: messages.balance, modulo: 100 })
  }
  const rows = await interleave(variants, settings, core)
  await Promise.all([...variants.map(({ program }) => program), sink, core].map((each) => each.stop()))
  return {
    title: 'Traces (balance from memory)',
    rows,
    figures,
    ratios: {
      tracesTenthOverOff: ratio(rows, 'a tenth recorded', 'off'),
      tracesAllOverOff: ratio(rows, 'all recorded', 'off'),
    },
  }
}
