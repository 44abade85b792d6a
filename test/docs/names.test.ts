import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { variables } from '../../src/config/variables.ts'
import { migrations } from '../../src/journal/sqlite/migrations.ts'
import { codes } from '../../src/model/refusal.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { hungUp } from '../../src/observability/tracking.ts'
import { findPages, readPage, root, type Page } from './pages.ts'

const manifest = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as Record<
  'scripts' | 'dependencies' | 'devDependencies' | 'optionalDependencies',
  Record<string, string>
>

/** Variables that are not of the service, and who reads them. */
const otherVariables: Record<string, string> = {
  NODE_ENV: 'src/config/config.ts',
  REQUIRE_KAFKA: 'test/support/kafka-for-tests.ts',
  REQUIRE_POSTGRES: 'test/support/postgres-for-tests.ts',
  REQUIRE_PROMTOOL: 'test/helm/observability/promtool-for-tests.ts',
  REQUIRE_HELM: 'test/helm/chart.ts',
  REQUIRE_CHROMIUM: 'test/support/chromium.ts',
  CHROMIUM: 'test/support/chromium.ts',
  REQUIRE_SCHEMATHESIS: 'test/contracts/schemathesis/run.ts',
  REQUIRE_IMAGE: 'test/image/image-for-tests.ts',
  POSTGRES_BIN: 'test/support/postgres-programs.ts',
  JOURNAL_TEST_URL: 'test/support/postgres-for-tests.ts',
  TEST_JOBS: 'package.json',
  HISTORIES: 'test/torture/histories.test.ts',
  FUZZ: 'test/torture/fuzz.test.ts',
  FUZZ_SEED: 'test/torture/fuzz.test.ts',
  ADAPTER_VENUE: 'test/contracts/replay.ts',
  ADAPTER_KEY: 'test/contracts/replay.ts',
  NODE_IMAGE: 'Dockerfile',
  BASE_IMAGE: 'Dockerfile',
}

/** Written when the service is built or runs. */
const isMade = (path: string) => /^(dist|data)\//.test(path)
const exists = (path: string) => existsSync(new URL(path, root))
/** What a command makes is not there in a fresh clone. */
const made = new Set(readFileSync(new URL('.gitignore', root), 'utf8').split('\n'))

const pages = findPages().map(readPage)
const architecture = readPage('ARCHITECTURE.md')
const commands = readPage('contracts/commands.md')
const alertPages = pages.filter(({ name }) => name.startsWith('helm/runbooks/'))

for (const page of pages)
  describe(`every name in ${page.name} exists:`, () => {
    it('files and folders, below src/ unless it says another folder', () => {
      for (const path of pathsOf(page))
        expect(exists(path) || exists(`src/${path}`) || made.has(path), path).to.equal(true)
    })

    it('npm scripts', () => {
      for (const text of codeOf(page))
        for (const [, script = ''] of text.matchAll(/\bnpm (?:run )?([a-z]+(?:[:-][a-z]+)*)/g))
          if (script !== 'ci') expect(manifest.scripts).to.have.property(script)
    })

    it("operators' commands that contracts/commands.md shows", () => {
      const shown = new Set(codeOf(commands).flatMap(commandsIn))
      for (const command of codeOf(page).flatMap(commandsIn)) expect([...shown]).to.include(command)
    })

    it('metrics', async () => {
      const { body } = await createMetrics().page()
      for (const [name] of page.text.matchAll(/\b(zonal|nodejs|process)_[a-z0-9_]+/g))
        expect(body, name).to.contain(`# TYPE ${name.replace(/_(count|bucket|sum)$/, '')} `)
    })

    it('variables and codes', () => {
      const known = new Set<string>([
        ...Object.keys(variables),
        ...Object.keys(otherVariables),
        ...codes,
        hungUp,
      ])
      for (const name of upperCaseNamesOf(page))
        expect(known.has(name) || known.has(name.replace(/_FILE$/, '')), name).to.equal(true)
    })
  })

describe('in the pages,', () => {
  it('names of files are found in running text', () => {
    expect(pathsOf(architecture)).to.include.members(['journal/journal.ts', 'zonal/'])
  })

  it('the layout of README.md names only what exists, and every folder of src/', () => {
    const [layout] = readPage('README.md').fences.filter(({ language }) => language === 'text')
    const named = [...(layout?.text.matchAll(/^(\S+) {2,}/gm) ?? [])].map(([, name = '']) => name)
    for (const name of named) expect(exists(name), name).to.equal(true)
    const rooms = readdirSync(new URL('src', root), { withFileTypes: true })
    expect(named).to.include.members(
      rooms.map((entry) => `src/${entry.name}${entry.isDirectory() ? '/' : ''}`),
    )
  })

  it('log lines are what the service writes', () => {
    const files = readdirSync(new URL('src', root), { recursive: true, encoding: 'utf8' })
    const source = files
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(new URL(`src/${file}`, root), 'utf8'))
      .join()
    const text = alertPages.map((page) => page.text.replaceAll('\n', ' ')).join(' ')
    const lines = [...text.matchAll(/\blog line "([^"]+)"/gi)].map(([, line = '']) => line)
    expect(lines).to.have.length.above(20)
    // A long one may be cut, at either end.
    for (const line of lines) {
      const isWritten = new RegExp(`['"\`]${line}|${line}['"\`]`).test(source)
      expect(isWritten, line).to.equal(true)
    }
  })

  it('variables that the service does not have are read somewhere', () => {
    for (const [name, file] of Object.entries(otherVariables))
      expect(readFileSync(new URL(file, root), 'utf8'), file).to.contain(name)
  })

  it('packages are pinned exactly', () => {
    const [, pins = ''] =
      /^## Pins\n(.*?)(?=^## |$(?![^]))/ms.exec(readPage('contracts/dependencies.md').text) ?? []
    const packages = [...pins.matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name)
    const { dependencies, devDependencies, optionalDependencies } = manifest
    const pinned = { ...dependencies, ...devDependencies, ...optionalDependencies }
    expect(packages).not.to.have.length(0)
    for (const name of packages) expect(pinned[name], name).to.match(/^\d+\.\d+\.\d+(-[a-z]+\.\d+)?$/)
  })

  it("a redemption's states are those of the journal: no others in the diagram, all in the text", () => {
    const [, list = ''] = /state\s+TEXT NOT NULL CHECK \(state IN\s+\(([^)]+)\)/.exec(migrations.join()) ?? []
    const states = [...list.matchAll(/'(\w+)'/g)].map(([, state = '']) => state)
    const [diagram] = architecture.fences.filter(({ text }) => text.startsWith('stateDiagram'))
    const drawn = [...(diagram?.text.matchAll(/(\w+) --> (\w+)/g) ?? [])].flatMap(([, from, to]) => [
      from,
      to,
    ])
    expect(states).not.to.have.length(0)
    expect(states).to.include.members(drawn)
    expect(architecture.codeSpans).to.include.members(states)
  })
})

function pathsOf({ codeSpans }: Page): string[] {
  return codeSpans.filter((span) => /^[\w.-][\w./-]*(\/|\.(ts|js|json|yaml|md))$/.test(span) && !isMade(span))
}

/**
 * In running text those with an underscore, since `HTTP` is not one of ours; in commands every variable that is set.
 */
function upperCaseNamesOf(page: Page): string[] {
  return codeOf(page).flatMap((text) => [
    ...[...text.matchAll(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g)].map(([name]) => name),
    ...[...text.matchAll(/(?:^|\s)([A-Z]+)=/gm)].flatMap(([, name]) => name ?? []),
  ])
}

/** `redemptions stuck`, `dead-letters send`. */
function commandsIn(text: string): string[] {
  return [...text.matchAll(/\bnpm run (bills|redemptions|tickets|dead-letters|erase) -- ([a-z]+)/g)].map(
    ([, name, verb]) => `${name} ${verb}`,
  )
}

function codeOf({ codeSpans, fences }: Page): string[] {
  return [...codeSpans, ...fences.map(({ text }) => text)]
}
