import { readFileSync, writeFileSync } from 'node:fs'
import { stringify } from 'yaml'
import { everything, needed, render } from './chart.ts'

/** What an installation with SQLite gets, so that a diff shows what a change of the chart does to it. */
export const keptRenderings = [
  { name: 'sqlite', files: [needed] },
  { name: 'sqlite-with-everything', files: [needed, everything] },
]

const fileOf = (name: string) => new URL(`rendered/${name}.yaml`, import.meta.url)

/** @returns the file in rendered/ */
export function readKept(name: string): string {
  return readFileSync(fileOf(name), 'utf8')
}

/**
 * Without rules and dashboard, which are files of the chart as they are.
 * @throws Error with what helm says
 */
export function renderToKeep(files: string[]): string {
  return render({}, { files })
    .manifests.filter(({ kind, metadata }) => kind !== 'PrometheusRule' && !/-dashboard$/.test(metadata.name))
    .map((manifest) => stringify(manifest))
    .join('---\n')
}

if (import.meta.main)
  for (const { name, files } of keptRenderings) writeFileSync(fileOf(name), renderToKeep(files))
