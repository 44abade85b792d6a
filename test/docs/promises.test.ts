import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { readPage, root } from './pages.ts'

const run = promisify(execFile)
const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js')

type Proof = { file: string; title: string }

describe('contracts/promises.md', () => {
  const page = readPage('contracts/promises.md')
  const rows = page.text.split('\n').filter((line) => /^\| (?!fault|---)/.test(line))

  it('has the promises of ARCHITECTURE.md, in their order', () => {
    const promised = [...readPage('ARCHITECTURE.md').text.matchAll(/^\d\. \*\*(.+?)\.?\*\*/gm)]
    const headings = [...page.text.matchAll(/^## (.+)$/gm)]
    expect(promised).to.have.length(5)
    expect(headings.map(([, heading]) => heading)).to.deep.equal(promised.map(([, promise]) => promise))
  })

  it('has a proof for each fault', () => {
    expect(rows).to.have.length.above(40)
    for (const row of rows) expect(proofsIn(row.split(' | ').at(-1) ?? ''), row).not.to.have.length(0)
  })

  it('names tests that exist', async function () {
    this.timeout(60_000)
    const proofs = proofsIn(page.text)
    const tests = await testsIn([...new Set(proofs.map(({ file }) => file))])
    for (const { file, title } of proofs) {
      const isNamed = title.endsWith(' …')
        ? (other: string) => other.startsWith(title.slice(0, -1))
        : (other: string) => other === title
      const found = tests.filter((test) => test.file === file && isNamed(test.title))
      expect(found, `${file}: ${title}`).not.to.have.length(0)
    }
  })
})

/** Written as `file` "title", "title"; a title that ends in … is of several tests, or differs from run to run. */
function proofsIn(text: string): Proof[] {
  return [...text.matchAll(/`(test\/[^`]+\.test\.ts)`((?:,?\s"[^"]+")+)/g)].flatMap(
    ([, file = '', titles = '']) =>
      [...titles.matchAll(/"([^"]+)"/g)].map(([, title = '']) => ({
        file,
        title: title.replaceAll('\n', ' '),
      })),
  )
}

/** As mocha finds them, without running any; in a process of its own, since this one has loaded some already. */
async function testsIn(files: string[]): Promise<Proof[]> {
  const cwd = fileURLToPath(root)
  const words = [mocha, '--dry-run', '--reporter', 'json', ...files]
  const { stdout } = await run(process.execPath, words, { cwd, maxBuffer: 64 * 1024 ** 2 })
  const { tests } = JSON.parse(stdout) as { tests: Proof[] }
  return tests.map(({ file, title }) => ({ file: file.slice(cwd.length), title }))
}
