import { expect } from 'chai'
import { hashForm } from '../../src/config/console-users.ts'
import { hashPassword, isPassword } from '../../src/console/access/passwords.ts'

describe("a password's hash", () => {
  let hash: string
  before(async () => (hash = await hashPassword('pass:wörd with all')))

  it('is that of one password, however its accents are written', async () => {
    expect(await isPassword('pass:wörd with all', hash)).to.equal(true)
    expect(await isPassword('pass:wörd with all'.normalize('NFD'), hash)).to.equal(true)
    for (const other of ['', 'pass:wörd with al', 'pass:wörd with all ', 'PASS:WÖRD WITH ALL'])
      expect(await isPassword(other, hash), other).to.equal(false)
  })

  it('is another each time, and has a form that the configuration accepts', async () => {
    const other = await hashPassword('pass:wörd with all')
    expect(other).not.to.equal(hash)
    for (const each of [hash, other])
      expect(each)
        .to.match(hashForm)
        .and.match(/^scrypt\$32768\$8\$3\$/)
  })

  it('is not that of any password if it is none, or the password too long', async () => {
    for (const none of ['', 'scrypt', 'scrypt$2$8$1$', `${hash}!`])
      expect(await isPassword('', none), none).to.equal(false)
    expect(await isPassword('x'.repeat(129), hash)).to.equal(false)
  })
})
