import { startAdapter, startContender, startCore } from '../adapter.ts'
import { hasNginx, startNginx } from '../contenders/nginx.ts'
import * as messages from '../messages.ts'
import { interleave, ratio, type Settings, type Variant } from '../rounds.ts'
import type { Measurement } from '../report.ts'

/** The service's own libraries, each doing its minimum: how much of a goal is left before any code of the service. */
export const chosenLibraries = 'the chosen libraries alone'

/** Each request is another card, so that no cache can answer it. */
export async function passThrough(settings: Settings): Promise<Measurement> {
  const { folder } = settings
  const core = await startCore(folder)
  const coreUrl = `${core.url}/v1`
  const env = { CORE_BASE_URL: coreUrl }
  const ours = await startAdapter('ours', { coreUrl, folder })
  const bare = await startContender('bare', 'bare.ts', env, folder)
  const naive = await startContender('naive', 'naive.ts', env, folder)
  const libraries = await startContender('libraries', 'libraries.ts', env, folder)
  const nginx = hasNginx ? await startNginx(coreUrl, folder) : undefined

  const variant = { body: messages.balance, callsEach: 2 }
  const variants: Variant[] = [
    { ...variant, name: 'bare node:http + undici', program: bare, url: bare.url },
    { ...variant, name: 'Koa + axios, defaults', program: naive, url: naive.url },
    { ...variant, name: chosenLibraries, program: libraries, url: `${libraries.url}/balance` },
    { ...variant, name: 'ours', program: ours, url: ours.balanceUrl },
  ]
  if (nginx)
    variants.push({ ...variant, name: 'nginx, one call', program: nginx, url: nginx.url, callsEach: 1 })
  const rows = await interleave(variants, settings, core)
  await Promise.all(
    [ours, bare, naive, libraries, core, ...(nginx ? [nginx] : [])].map((program) => program.stop()),
  )
  return {
    title: 'Balance passed through (two calls to the core)',
    rows,
    ratios: {
      passThroughOverBare: ratio(rows, 'ours', 'bare node:http + undici'),
      passThroughOverNaive: ratio(rows, 'ours', 'Koa + axios, defaults'),
      passThroughOverLibraries: ratio(rows, 'ours', chosenLibraries),
      passThroughLibrariesOverBare: ratio(rows, chosenLibraries, 'bare node:http + undici'),
    },
  }
}

/** A hundred cards that are in every cache already. */
export async function fromMemory(settings: Settings): Promise<Measurement> {
  const { folder } = settings
  const core = await startCore(folder)
  const coreUrl = `${core.url}/v1`
  const env = { CORE_BASE_URL: coreUrl, MEMORY: '1' }
  const ours = await startAdapter('ours', {
    coreUrl,
    folder,
    env: { BALANCE_FRESH_MS: '3600000', BALANCE_STALE_MS: '3600000' },
  })
  const bare = await startContender('bare', 'bare.ts', env, folder)
  const naive = await startContender('naive', 'naive.ts', env, folder)
  const libraries = await startContender('libraries', 'libraries.ts', env, folder)

  const variant = { body: messages.balance, modulo: 100 }
  const rows = await interleave(
    [
      { ...variant, name: 'bare node:http + Map', program: bare, url: bare.url },
      { ...variant, name: 'Koa + bodyparser + lru-cache', program: naive, url: naive.url },
      { ...variant, name: chosenLibraries, program: libraries, url: `${libraries.url}/balance` },
      { ...variant, name: 'ours', program: ours, url: ours.balanceUrl },
    ],
    settings,
    core,
  )
  await Promise.all([ours, bare, naive, libraries, core].map((program) => program.stop()))
  return {
    title: 'Balance from memory',
    rows,
    ratios: {
      memoryOverBare: ratio(rows, 'ours', 'bare node:http + Map'),
      memoryOverNaive: ratio(rows, 'ours', 'Koa + bodyparser + lru-cache'),
      memoryOverLibraries: ratio(rows, 'ours', chosenLibraries),
      memoryLibrariesOverBare: ratio(rows, chosenLibraries, 'bare node:http + Map'),
    },
  }
}
