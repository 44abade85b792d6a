import { expect } from 'chai'
import { needed, postgres, refusal, useHelm } from './chart.ts'

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

  it('are all listed in one error', () => {
    const values = { replicas: 3, autoscaling: { enabled: true }, persistence: { size: '4Gi' } }
    const message = refusal(values, { files: [needed, postgres] })
    expect(message.match(/^ {2}\S/gm)).to.have.length(2)
  })

  it('do not include valid ones', () => {
    expect(refusal({ replicas: 1 })).to.equal('')
    expect(refusal({ journal: { kind: 'sqlite' }, persistence: { size: '8Gi' } })).to.equal('')
    expect(refusal({ replicas: 1 }, { files: [needed, postgres] })).to.equal('')
    const autoscaling = { enabled: true, minReplicas: 3, maxReplicas: 3 }
    expect(refusal({ autoscaling }, { files: [needed, postgres] })).to.equal('')
  })
})
