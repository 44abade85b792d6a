import { expect } from 'chai'
import { ESLint } from 'eslint'
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
// @ts-expect-error: the linter's configuration is plain JavaScript.
import * as linter from '../../eslint.config.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const rooms = linter.rooms as Record<string, string[]>
const libraries = Object.entries(linter.libraries as Record<string, string | string[]>)
const names = Object.keys(rooms)
const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .toSorted()

describe('the rooms of src/', () => {
  // Only the rule in question, which needs no types: with all others each look would take a second.
  const eslint = new ESLint({
    cwd: root,
    overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
    ruleFilter: ({ ruleId }) => ruleId === 'no-restricted-imports',
  })

  /** @returns what the linter says of imports in this file, by line */
  async function complaints(file: string, imports: string[]): Promise<Map<number, string>> {
    const text = imports.map((path) => `import '${path}'\n`).join('')
    const [result] = await eslint.lintText(text, { filePath: join(root, 'src', file) })
    return new Map(
      result!.messages
        .filter(({ ruleId }) => ruleId === 'no-restricted-imports')
        .map(({ line, message }) => [line - 1, message]),
    )
  }

  it('are exactly its folders', () => {
    const folders = new Set(files.filter((file) => file.includes('/')).map((file) => file.split('/')[0]))
    expect(names.filter((name) => !folders.has(name))).to.deep.equal([])
    expect([...folders].filter((folder) => !names.includes(folder!))).to.deep.equal([])
  })

  it('have no circular imports, whatever the linter allows', () => {
    const imported = new Map<string, Set<string>>()
    for (const file of files) {
      const text = readFileSync(join(root, 'src', file), 'utf8')
      const from = roomOf(file)
      for (const [, path] of text.matchAll(/from '(\.[^']+)'/g)) {
        const to = roomOf(join(dirname(file), path!))
        if (from !== to) imported.set(from, (imported.get(from) ?? new Set()).add(to))
      }
    }
    const reach = (from: string, seen: Set<string>): Set<string> => {
      for (const to of imported.get(from) ?? []) if (!seen.has(to)) reach(to, seen.add(to))
      return seen
    }
    expect([...imported.keys()].filter((room) => reach(room, new Set()).has(room))).to.deep.equal([])
  })

  for (const room of names)
    it(`have their imports checked by the linter: ${room}/`, async () => {
      const file = files.find((each) => each.startsWith(`${room}/`))!
      const others = names.filter((other) => other !== room)
      const up = relative(dirname(file), '')
      const said = await complaints(file, [
        ...others.map((other) => `${up}/${other}/any.ts`),
        `${up}/service.ts`,
      ])
      for (const [line, other] of others.entries())
        expect(said.has(line), `${room} imports ${other}: ${said.get(line)}`).to.equal(
          !rooms[room]!.includes(other),
        )
      expect(said.get(others.length), 'an import from above all rooms').to.match(/above all rooms/)
    })

  for (const file of [
    'zonal/http/routes.ts',
    'zonal/messages/card.ts',
    'zonal/capture/rules.ts',
    'zonal/catalogue.ts',
    'zonal/dialect.ts',
    'zonal/redaction.ts',
  ])
    it(`keep imports of a dialect out of ${file}`, async () => {
      const up = relative(dirname(file), 'zonal') || '.'
      const imports = [`${up}/dialects/json/fold.ts`, `${up}/dialects/registered.ts`, `${up}/messages/any.ts`]
      expect([...(await complaints(file, imports)).keys()]).to.deep.equal([0, 1])
    })

  it('let a dialect import the messages and the catalogue, but no other dialect', async () => {
    const allowed = [
      './fields.ts',
      '../../messages/card.ts',
      '../../catalogue.ts',
      '../../dialect.ts',
      '../../redaction.ts',
      '../../../model/words.ts',
    ]
    const forbidden = [
      '../xml/read.ts',
      '../registered.ts',
      '../../http/body.ts',
      '../../capture/rules.ts',
      '../../kept-ticket.ts',
      '../../../http/server.ts',
    ]
    const said = await complaints('zonal/dialects/json/dialect.ts', [...allowed, ...forbidden])
    expect([...said.keys()]).to.deep.equal(forbidden.map((_, index) => allowed.length + index))
  })

  for (const [library, place] of libraries)
    it(`let only ${[place].flat().join(' and ')} import ${library}`, async () => {
      for (const inside of [place].flat().map((each) => files.find((file) => isIn(file, each))!))
        expect([...(await complaints(inside, [library])).values()]).to.deep.equal([])
      for (const outside of ['service.ts', 'zonal/catalogue.ts', 'journal/journal.ts', 'trifft/client.ts'])
        expect([...(await complaints(outside, [library])).values()], outside).to.have.length(1)
    })
})

/** A file beside the rooms counts as one. */
function roomOf(file: string): string {
  return file.split('/')[0]!
}

function isIn(file: string, place: string): boolean {
  return place.endsWith('/**') ? file.startsWith(place.slice(0, -2)) : file === place
}
