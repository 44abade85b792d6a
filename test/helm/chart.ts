import { spawnSync } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { markPending } from '../support/mark-pending.ts'

export type Manifest = { kind: string; metadata: { name: string; labels: Record<string, string> } }
export type Rendered = { text: string; manifests: Manifest[] }
export type RenderOptions = {
  /** Besides the chart's own values; later files win. */
  files?: string[]
  kubernetes?: string
  chart?: string
}

/** The name of the rendered release. */
export const release = 'loyalty-zonal-loyalty-adapter'
const root = join(import.meta.dirname, '../..')
export const chartFolder = join(root, 'helm')
/** The defaults, a secret's name and a host. */
export const needed = join(import.meta.dirname, 'needed.yaml')
/** Everything that can be switched on, with either journal. */
export const everything = join(import.meta.dirname, 'everything.yaml')
/** A journal in a database, and so several replicas. */
export const postgres = join(import.meta.dirname, 'postgres.yaml')
/** Everything that can be switched on with it. */
export const postgresEverything = join(import.meta.dirname, 'postgres-everything.yaml')

/** `npm run chart:tools` puts them there. */
const env = {
  ...process.env,
  PATH: [join(root, '.cache/bin'), process.env.PATH].join(delimiter),
  PYTHONPATH: join(root, '.cache/python'),
}
const validator = ['-m', 'kubernetes_validate']
let missing: string | false | undefined

/** The tests of a suite are pending if helm or kubernetes-validate is missing, or fail if REQUIRE_HELM=1. */
export function useHelm() {
  before(function () {
    missing ??= findMissing()
    if (missing) markPending(this, missing, 'REQUIRE_HELM')
  })
}

function findMissing(): string | false {
  const programs = {
    helm: run('helm', ['version']).status,
    'kubernetes-validate': run('python3', [...validator, '--version']).status,
  }
  const names = Object.entries(programs).flatMap(([name, status]) => (status === 0 ? [] : [name]))
  if (names.length === 0) return false
  return `${names.join(' and ')} cannot be run (npm run chart:tools installs them)`
}

/**
 * @param values win over all files
 * @throws Error with what helm says
 */
export function render(values: object = {}, options: RenderOptions = {}): Rendered {
  const { status, stdout, stderr } = template(values, options)
  if (status !== 0) throw new Error(stderr)
  const documents = parseAllDocuments(stdout, { version: '1.1' })
  const problems = documents.flatMap(({ errors }) => errors)
  if (problems[0]) throw problems[0]
  const manifests = documents
    .map((document) => document.toJS() as Manifest | null)
    .filter((each) => each !== null)
  return { text: stdout, manifests }
}

/** @returns why helm does not take these values; empty if it does */
export function refusal(values: object, options: RenderOptions = {}): string {
  const { status, stderr } = template(values, options)
  return status === 0 ? '' : stderr
}

function template(
  values: object,
  { files = [needed], kubernetes = '1.31', chart = chartFolder }: RenderOptions,
) {
  const words = ['template', 'loyalty', chart, '--namespace', 'tills', '--kube-version', kubernetes]
  return run('helm', [...words, ...[...files, '-'].flatMap((file) => ['-f', file])], JSON.stringify(values))
}

/** A warning is a failure too. */
export function lint(files: string[]) {
  return run('helm', ['lint', '--strict', chartFolder, ...files.flatMap((file) => ['-f', file])])
}

/** @returns lines of kubernetes-validate, one per manifest: INFO, WARN for an unknown kind, or ERROR */
export function validate(manifests: string, kubernetes: string): string[] {
  const { stdout, stderr } = run('python3', [...validator, '-k', kubernetes, '--strict', '-'], manifests)
  return `${stdout}${stderr}`.split('\n').filter(Boolean)
}

function run(program: string, words: string[], input?: string) {
  return spawnSync(program, words, { input, env, encoding: 'utf8', maxBuffer: 64 * 1024 ** 2 })
}

/** @returns the one manifest of a kind, or of a kind and a name */
export function only({ manifests }: Rendered, kind: string, name?: string): Manifest {
  const found = manifests.filter((each) => each.kind === kind && (!name || each.metadata.name === name))
  if (found[0] === undefined || found.length > 1) throw new Error(`${found.length} of ${kind} ${name ?? ''}`)
  return found[0]
}

/** @returns what stands at a path such as `spec.ports.0.name` */
export function at(from: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key], from)
}

/** @returns the StatefulSet or the Deployment */
export function workloadOf(rendered: Rendered): Manifest {
  const { kind = 'StatefulSet' } = rendered.manifests.find(({ kind }) => kind === 'Deployment') ?? {}
  return only(rendered, kind)
}

/** @returns the pod that it makes */
export function podOf(rendered: Rendered): unknown {
  return at(workloadOf(rendered), 'spec.template')
}

/** @returns the only container of a pod */
export function containerOf(rendered: Rendered): unknown {
  return at(podOf(rendered), 'spec.containers.0')
}

export const examples = ['small-site-group', 'large-site-group', 'several-replicas'].map((name) => ({
  name: `examples/${name}.yaml`,
  files: [join(chartFolder, 'examples', `${name}.yaml`)],
}))

/** Each kind of journal, and nothing more than it needs. */
export const journals = [
  { journal: 'SQLite', files: [needed] },
  { journal: 'a database', files: [needed, postgres] },
]

/** What is tried of the whole chart: each kind of journal as it is and with all that it has, and the examples. */
export const variants = [
  { name: 'the defaults', files: [needed] },
  { name: 'everything switched on', files: [needed, everything] },
  { name: 'a database', files: [needed, postgres] },
  { name: 'everything switched on with a database', files: [needed, everything, postgresEverything] },
  ...examples,
]
