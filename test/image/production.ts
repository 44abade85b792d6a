import { readFileSync } from 'node:fs'

type Entry = { version: string; license?: string; dev?: true; optional?: true; devOptional?: true }
export type Lockfile = { packages: Record<string, Entry> }
export type Package = { name: string; version: string; licence: string }

export function readLockfile(): Lockfile {
  return JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as Lockfile
}

/** @returns what `npm ci --omit=dev --omit=optional` installs, by name; each version once */
export function productionPackages({ packages }: Lockfile): Package[] {
  const found = new Map<string, Package>()
  for (const [path, { version, license, dev, optional, devOptional }] of Object.entries(packages)) {
    if (path === '' || dev || optional || devOptional) continue
    const name = path.split('node_modules/').at(-1) ?? ''
    found.set(`${name}@${version}`, { name, version, licence: license ?? 'none' })
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name))
}
