import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { migrations as postgresMigrations } from '../../src/journal/postgres/migrations.ts'
import { migrations } from '../../src/journal/sqlite/migrations.ts'
import { readPage, root } from './pages.ts'

const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { version: string }

describe('the version in package.json', () => {
  it('has its journal schema in contracts/upgrade.md and CHANGELOG.md', () => {
    expect(readPage('contracts/upgrade.md').text).to.contain(
      `Version ${version} has schema ${migrations.length}.`,
    )
    expect(readPage('contracts/upgrade.md').text).to.contain(
      `Version ${version} knows ${postgresMigrations.length} of them.`,
    )
    expect(readPage('CHANGELOG.md').text).to.contain(`The journal's schema is ${migrations.length}.`)
  })

  it('has the first section of CHANGELOG.md', () => {
    const [, newest] = /^## (\S+)/m.exec(readPage('CHANGELOG.md').text) ?? []
    expect(newest).to.equal(version)
  })
})
