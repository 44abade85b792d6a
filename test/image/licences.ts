import { productionPackages, readLockfile, type Package } from './production.ts'

/** Permissive: they only ask to be named. Any other licence needs a decision. */
const allowed = ['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'BlueOak-1.0.0', '0BSD']

/** @returns a line for each licence, the commonest first, and the packages without a decision */
export function summarizeLicences(packages: Package[]): { lines: string[]; refused: string[] } {
  const byLicence = Map.groupBy(packages, ({ licence }) => licence)
  const lines = [...byLicence]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([licence, those]) => `${licence.padEnd(16)}${String(those.length).padStart(4)}  ${listed(those)}`)
  const refused = packages
    .filter(({ licence }) => !allowed.includes(licence))
    .map(({ name, version, licence }) => `${name}@${version}: ${licence}`)
  return { lines, refused }
}

function listed(packages: Package[]): string {
  const names = packages.slice(0, 5).map(({ name }) => name)
  return [...names, ...(packages.length > names.length ? ['…'] : [])].join(' ')
}

if (import.meta.main) {
  const { lines, refused } = summarizeLicences(productionPackages(readLockfile()))
  console.log(lines.join('\n'))
  if (refused.length > 0) {
    console.error(`\nLicences that nobody has decided on:\n${refused.join('\n')}`)
    process.exitCode = 1
  }
}
