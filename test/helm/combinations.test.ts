import { expect } from 'chai'
import { journals, needed, postgres, refusal, useHelm } from './chart.ts'

type Case = [what: string, values: object, reason: string]

const withSqlite: Case[] = [
  ['several replicas', { replicas: 2 }, 'replicas=2 needs a shared journal'],
  ['an autoscaler', { autoscaling: { enabled: true } }, 'autoscaling.enabled needs a shared journal'],
  ['the URL of a database', { journal: { urlSecret: { name: 'db' } } }, 'journal.urlSecret.name is about a database'],
  ['a URL for listening', { journal: { urlSecret: { listenKey: 'a' } } }, 'journal.urlSecret.listenKey is about a database'],
  ['the password of a database', { journal: { passwordSecret: { name: 'db' } } }, 'journal.passwordSecret.name is about a database'],
  ['the CA of a database', { journal: { tls: { caSecret: { name: 'ca' } } } }, 'journal.tls.caSecret.name is about a database'],
  ['network access to a database', { networkPolicy: { toDatabase: [{ ipBlock: { cidr: '10.0.0.0/8' } }] } }, 'networkPolicy.toDatabase is about a database'],
] // prettier-ignore

const withPostgres: Case[] = [
  ['no URL', { journal: { urlSecret: { name: '' } } }, 'journal.urlSecret.name is needed with journal.kind=postgres'],
  ['a volume size', { persistence: { size: '4Gi' } }, 'persistence.size is about the volume of journal.kind=sqlite'],
  ['a storage class', { persistence: { storageClassName: 'fast' } }, 'persistence.storageClassName is about the volume of journal.kind=sqlite'],
  ['a CA without TLS', { journal: { tls: { enabled: false, caSecret: { name: 'ca' } } } }, 'journal.tls.caSecret.name is of no use'],
  ['a number of replicas beside an autoscaler', { replicas: 3, autoscaling: { enabled: true } }, 'remove it and set autoscaling.minReplicas'],
  ['an autoscaler whose minimum is above its maximum', { autoscaling: { enabled: true, minReplicas: 7 } }, 'autoscaling.minReplicas is above autoscaling.maxReplicas'],
] // prettier-ignore

const consoleUsers = { usersSecret: { name: 'users' } }
const ofConsole = (settings: object) => ({ console: { enabled: true, ...consoleUsers, ...settings } })
const reachable = { networkPolicy: { fromOperators: [{ ipBlock: { cidr: '10.0.0.0/8' } }] } }

const withConsole: Case[] = [
  ['without users', { console: { enabled: true } }, 'console.usersSecret.name is needed with console.enabled'],
  ["on the tills' port", ofConsole({ port: 8080 }), 'console.port=8080 is config.PORT too: choose another'],
  ['on the management port', { ...ofConsole({}), config: { MANAGEMENT_PORT: 8088 } }, 'console.port=8088 is config.MANAGEMENT_PORT too'],
  ['that is off, with an Ingress', { console: { ingress: { enabled: true, host: 'a.example.com' } } }, 'set console.enabled=true, or console.ingress.enabled=false'],
  ['with an Ingress without a host', { ...reachable, ...ofConsole({ ingress: { enabled: true } }) }, 'console.ingress.host is needed with console.ingress.enabled'],
  ["with the tills' host", { ...reachable, ...ofConsole({ ingress: { enabled: true, host: 'loyalty.example.com' } }) }, 'give the console a host name of its own'],
  ['with an Ingress whose controller does not reach it', ofConsole({ ingress: { enabled: true, host: 'a.example.com' } }), 'networkPolicy.fromOperators is needed with console.ingress.enabled'],
] // prettier-ignore

describe('values that make no sense together', () => {
  useHelm()

  for (const [what, values, reason] of withSqlite)
    it(`are refused with SQLite, and the error says what to do: ${what}`, () => {
      expect(refusal(values)).to.contain(reason).and.contain('remove it, or set journal.kind=postgres')
    })

  for (const [what, values, reason] of withPostgres)
    it(`are refused with a database: ${what}`, () => {
      expect(refusal(values, { files: [needed, postgres] })).to.contain(reason)
    })

  for (const [what, values, reason] of withConsole)
    for (const { journal, files } of journals)
      it(`are refused with ${journal}: a console ${what}`, () => {
        const message = refusal(values, { files })
        expect(message).to.contain(reason)
        expect(message.match(/^ {2}\S/gm)).to.have.length(1)
      })

  it('are all listed in one error', () => {
    const values = { replicas: 3, autoscaling: { enabled: true }, persistence: { size: '4Gi' } }
    const message = refusal(values, { files: [needed, postgres] })
    expect(message.match(/^ {2}\S/gm)).to.have.length(2)
  })

  it('do not include valid ones', () => {
    expect(refusal({ replicas: 1 })).to.equal('')
    expect(refusal({ journal: { kind: 'sqlite' }, persistence: { size: '8Gi' } })).to.equal('')
    expect(refusal({ replicas: 1 }, { files: [needed, postgres] })).to.equal('')
    expect(refusal(ofConsole({}))).to.equal('')
    expect(refusal({ console: consoleUsers })).to.equal('')
    const open = { ingress: { enabled: true, host: 'a.example.com' } }
    expect(refusal({ ...reachable, ...ofConsole(open) })).to.equal('')
    expect(refusal({ networkPolicy: { enabled: false }, ...ofConsole(open) })).to.equal('')
    const autoscaling = { enabled: true, minReplicas: 3, maxReplicas: 3 }
    expect(refusal({ autoscaling }, { files: [needed, postgres] })).to.equal('')
  })
})
