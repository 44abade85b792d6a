import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { at, containerOf, only, podOf, release, type Rendered } from './chart.ts'

type Variable = { name: string; value: string }
type Source = { secret: { name: string; items: { key: string; path: string }[] } }

/** A user as `console-password` prints one. */
const user = `dana:operator:scrypt$32768$8$3$${'a'.repeat(22)}$${'b'.repeat(43)}`

export const secretFolder = '/etc/zonal-loyalty-adapter'

/** @returns what the ConfigMap holds */
export function configOf(rendered: Rendered): Record<string, string> {
  return at(only(rendered, 'ConfigMap', release), 'data') as Record<string, string>
}

/** @returns what the container sees */
export function environmentOf(rendered: Rendered): Record<string, string> {
  const own = at(containerOf(rendered), 'env') as Variable[]
  return { ...configOf(rendered), ...Object.fromEntries(own.map(({ name, value }) => [name, value])) }
}

/** @returns the files of Secrets: of which Secret, its key, and the file */
export function secretFilesOf(rendered: Rendered): { name: string; key: string; path: string }[] {
  const sources = at(podOf(rendered), 'spec.volumes.0.projected.sources') as Source[]
  return sources.flatMap(({ secret: { name, items } }) => items.map((item) => ({ name, ...item })))
}

/**
 * Puts the files of Secrets into a folder of this machine.
 * @param contents by the name of the file; others hold a key
 * @returns what the container sees, with the paths of this machine; `remove` takes the folder away
 */
export function placeSecrets(rendered: Rendered, contents: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'adapter-secrets-'))
  const key = Buffer.alloc(32, 1).toString('base64')
  const url = 'postgres://adapter@db.example.com/loyalty'
  const usual: Record<string, string> = { JOURNAL_URL: url, JOURNAL_LISTEN_URL: url, CONSOLE_USERS: user }
  for (const { path } of secretFilesOf(rendered))
    writeFileSync(join(folder, path), contents[path] ?? usual[path] ?? key)
  const moved = Object.entries(environmentOf(rendered)).map(([name, value]) => [
    name,
    value.replace(secretFolder, folder),
  ])
  return {
    env: Object.fromEntries(moved) as Record<string, string>,
    remove: () => rmSync(folder, { recursive: true }),
  }
}
