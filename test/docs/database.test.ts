import { expect } from 'chai'
import pg from 'pg'
import { useOwnCluster } from '../support/postgres-for-tests.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { readPage } from './pages.ts'

describe('the SQL in helm/README.md, on a real PostgreSQL,', () => {
  useRealSockets()
  const cluster = useOwnCluster()

  const [fence] = readPage('helm/README.md').fences.filter(({ language }) => language === 'sql')
  const statements = (fence?.text ?? '').split(';').flatMap((each) => each.trim() || [])

  it('creates a user with its own database and every setting that the page names', async () => {
    for (const statement of statements) await ask(cluster().url, statement)

    const url = new URL(cluster().url)
    const [, user, password] = /CREATE ROLE (\w+) LOGIN PASSWORD '([^']+)'/.exec(fence?.text ?? '') ?? []
    Object.assign(url, { username: user, password, pathname: 'loyalty' })
    await ask(url.href, 'CREATE TABLE tried (id int)')

    const settings = [...(fence?.text ?? '').matchAll(/SET (\w+) = '?(\w+)'?;/g)]
    expect(settings).to.have.length(6)
    for (const [, name = '', value = ''] of settings) {
      const [shown] = (await ask(url.href, `SHOW ${name}`)) as Record<string, string>[]
      expect(toMs(shown?.[name] ?? ''), name).to.equal(toMs(value))
    }
    const mayLook = "SELECT pg_has_role('pg_monitor', 'member') AS yes"
    expect(await ask(url.href, mayLook)).to.deep.equal([{ yes: true }])
  })

  it('finds what holds up a migration, by the query of contracts/upgrade.md', async () => {
    const client = new pg.Client({ connectionString: cluster().url })
    await client.connect()
    try {
      await client.query('BEGIN')
      const [query] = readPage('contracts/upgrade.md').fences.filter(({ language }) => language === 'sql')
      const found = await ask(cluster().url, query!.text.replace('5 seconds', '0 seconds'))
      expect(found.map((row) => (row as { query: string }).query)).to.include('BEGIN')
    } finally {
      await client.end()
    }
  })

  it('leaves room for as many connections as the page says', async () => {
    expect(await ask(cluster().url, 'SHOW max_connections')).to.deep.equal([{ max_connections: '100' }])
    const reserved = 'SHOW superuser_reserved_connections'
    expect(await ask(cluster().url, reserved)).to.deep.equal([{ superuser_reserved_connections: '3' }])
  })
})

/** Of a time in seconds: the server shows some so, and some in milliseconds. */
function toMs(value: string): string {
  return value.replace(/^(\d+)s$/, '$1000')
}

/** In a session of its own, as the settings of a role come with the next one. */
async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}
