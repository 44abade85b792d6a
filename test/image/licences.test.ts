import { expect } from 'chai'
import { summarizeLicences } from './licences.ts'
import { productionPackages, readLockfile } from './production.ts'

describe('the licences of what runs in production', () => {
  it('are all on the list of accepted licences', () => {
    const { lines, refused } = summarizeLicences(productionPackages(readLockfile()))
    expect(refused).to.deep.equal([])
    expect(lines[0]).to.match(/^MIT +\d+ /)
  })

  it('are refused if one is not on the list, or is missing', () => {
    const packages = {
      '': { version: '1.0.0' },
      ...entry('a', 'GPL-3.0-only'),
      ...entry('b'),
      ...entry('c', 'MIT'),
    }
    const { refused } = summarizeLicences(productionPackages({ packages }))
    expect(refused).to.deep.equal(['a@1.0.0: GPL-3.0-only', 'b@1.0.0: none'])
  })

  it('do not matter if the package is for development, or optional', () => {
    const packages = {
      'node_modules/a': { version: '1.0.0', license: 'GPL-3.0-only', dev: true },
      'node_modules/b': { version: '1.0.0', license: 'GPL-3.0-only', optional: true },
    } as const
    expect(summarizeLicences(productionPackages({ packages })).refused).to.deep.equal([])
  })
})

function entry(name: string, license?: string) {
  return { [`node_modules/${name}`]: { version: '1.0.0', ...(license && { license }) } }
}
