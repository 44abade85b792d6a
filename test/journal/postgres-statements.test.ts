import { expect } from 'chai'
import { DatabaseFailure, remedyFor } from '../../src/journal/postgres/failures.ts'
import { toNumbered } from '../../src/journal/postgres/statements.ts'

describe('what to do after a failure of PostgreSQL:', () => {
  const errors = {
    again: [
      ['a serialization failure', { code: '40001' }],
      ['a deadlock', { code: '40P01' }],
      ['the lock limit', { code: '55P03' }],
      ['the statement limit', { code: '57014' }],
      ['a row that another has written', { code: '23505' }],
      ['a prepared statement that the connection does not have', { code: '26000' }],
      ['a prepared statement that the connection already has', { code: '42P05' }],
      ['a prepared statement whose columns have changed', { code: '0A000' }],
      ['a server that stops', { code: '57P01' }],
      ['a server that has crashed', { code: '57P02' }],
      ['a server that starts', { code: '57P03' }],
      ['a session that was idle for too long', { code: '57P05' }],
      ['a broken connection', { code: '08006' }],
      ['the limit of an idle transaction', { code: '25P03' }],
      ['the limit of a transaction', { code: '25P04' }],
      ['too many connections', { code: '53300' }],
      ['a refused connection', { code: 'ECONNREFUSED' }],
      ['a reset', { code: 'ECONNRESET' }],
      ['a closed pipe, whose code is as long as a SQLSTATE', { code: 'EPIPE' }],
      ['a connection that was lost', { message: 'Connection terminated unexpectedly' }],
      ['no connection within the time limit', { message: 'timeout expired' }],
    ],
    again_elsewhere: [
      ['a read-only server', { code: '25006' }],
      ['a transaction that had failed', { code: '25P02' }],
      ['a server that does not answer', { message: 'Query read timeout' }],
    ],
    unavailable: [
      ['a full disk', { code: '53100' }],
      ['no memory', { code: '53200' }],
      ['an error of the disk', { code: '58030' }],
      ['damaged data', { code: 'XX001' }],
      ['a wrong password', { code: '28P01' }],
      ['no such database', { code: '3D000' }],
      ['no permission', { code: '42501' }],
      ['no such table', { code: '42P01' }],
      ['no such column', { code: '42703' }],
      ['no such function', { code: '42883' }],
    ],
    bug: [
      ['a wrong statement', { code: '42601' }],
      ['an invalid text', { code: '22021' }],
      ['a row that the schema forbids', { code: '23514' }],
    ],
  } as const

  for (const [remedy, cases] of Object.entries(errors))
    for (const [name, error] of cases)
      it(`${name}: ${remedy}`, () => {
        expect(remedyFor(new DatabaseFailure(error))).to.equal(remedy)
      })

  it('an error without a message, as for a host with two addresses: named by its code', () => {
    const error = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' })
    expect(new DatabaseFailure(error).message).to.equal('ECONNREFUSED')
  })
})

describe('a statement for PostgreSQL', () => {
  type Values = Parameters<typeof toNumbered>[0]['values']
  const toText = (sql: string, given: Values) => {
    const { text, values } = toNumbered({ gets: 'all', sql, values: given })
    return { text, values }
  }

  it('may have its values by name, each sent once, in the order in which they come first', () => {
    expect(toText('SELECT :b, :a, :b_2, :b', { a: 1, b: 2, b_2: 3, unused: 4 })).to.deep.equal({
      text: 'SELECT $1, $2, $3, $1',
      values: [2, 1, 3],
    })
  })

  it('may have its values by position', () => {
    const statement = toText('INSERT INTO t VALUES (?, ?)', ['a', null])
    expect(statement).to.deep.equal({ text: 'INSERT INTO t VALUES ($1, $2)', values: ['a', null] })
  })

  it('keeps a cast', () => {
    expect(toText('SELECT :a::int', { a: 1 })).to.deep.equal({ text: 'SELECT $1::int', values: [1] })
  })

  it('may have no values', () => {
    expect(toText('SELECT 1', [])).to.deep.equal({ text: 'SELECT 1', values: [] })
    expect(toText('SELECT 1', {})).to.deep.equal({ text: 'SELECT 1', values: [] })
  })

  it('sends texts without NUL, which PostgreSQL refuses, and bytes unchanged', () => {
    const bytes = Uint8Array.of(0)
    expect(toText('SELECT ?, ?', ['a\0b\0', bytes]).values).to.deep.equal(['a\uFFFDb\uFFFD', bytes])
    expect(toText('SELECT :a', { a: '\0' }).values).to.deep.equal(['\uFFFD'])
  })

  it('fails if a value is missing', () => {
    expect(() => toText('SELECT :a', { b: 1 })).to.throw('no value for :a in SELECT :a')
  })
})
