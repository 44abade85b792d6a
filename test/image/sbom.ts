import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { productionPackages, readLockfile } from './production.ts'

const run = promisify(execFile)
const root = new URL('../../', import.meta.url)

type Component = { 'bom-ref': string; name: string; version: string; licenses?: unknown[] }
export type Sbom = {
  metadata: { component: Component }
  components: Component[]
  dependencies: { ref: string; dependsOn: string[] }[]
}

/**
 * The bill of materials of what runs in production, CycloneDX 1.5, by the lockfile. `npm sbom --omit dev` also leaves
 * out packages that development needs too, such as lru-cache (https://github.com/npm/cli/issues/7909), so npm lists all
 * and the lockfile says what stays.
 */
export async function makeSbom(): Promise<Sbom> {
  const words = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only']
  const { stdout } = await run('npm', words, { cwd: fileURLToPath(root), maxBuffer: 64 * 1024 ** 2 })
  const { metadata, components, dependencies, ...rest } = JSON.parse(stdout) as Sbom
  const { name } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { name: string }

  const kept = new Set(productionPackages(readLockfile()).map(({ name, version }) => `${name}@${version}`))
  const service = metadata.component['bom-ref']
  return {
    ...rest,
    // npm takes the name of the folder.
    metadata: { ...metadata, component: { ...metadata.component, name } },
    components: components.filter((component) => kept.has(component['bom-ref'])),
    dependencies: dependencies
      .filter(({ ref }) => ref === service || kept.has(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => kept.has(other)) })),
  }
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(await makeSbom(), null, 2)}\n`)
