import { expect } from 'chai'
import { startListener } from '../simulators/core/listener.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { replicaHeader, startRoundRobin } from './round-robin.ts'

describe('the round-robin', () => {
  useRealSockets()

  it('sends each request to the next replica in service, and says which one that was', async () => {
    await using world = await start({ isInService: (replica) => replica !== 1 })
    const asked = [await world.ask(), await world.ask(), await world.ask()]
    expect(asked.map(({ headers }) => headers.get(replicaHeader))).to.deep.equal(['1', '3', '1'])
  })

  // A till kept a connection for as long as a replica had said, and sent its next message just as it was closed.
  it('says how long its own connections last, not those of a replica', async () => {
    await using world = await start({})
    expect((await world.ask()).headers.get('keep-alive')).to.equal('timeout=5')
  })

  it('answers for a replica that breaks off, that says nothing, and if none is in service', async () => {
    await using world = await start({ patienceMs: 200, isInService: () => world.isOpen })
    expect((await world.ask('/breaks-off')).status).to.equal(502)
    expect((await world.ask('/says-nothing')).status).to.equal(504)
    world.isOpen = false
    expect((await world.ask()).status).to.equal(503)
  })
})

async function start(options: Parameters<typeof startRoundRobin>[1]) {
  const replicas = await Promise.all(
    [1, 2, 3].map(() =>
      startListener(0, ({ url, socket }, response) => {
        if (url === '/breaks-off') socket.destroy()
        else if (url !== '/says-nothing') response.setHeader('Keep-Alive', 'timeout=75').end('OK')
      }),
    ),
  )
  const roundRobin = await startRoundRobin(
    replicas.map(({ port }) => port),
    options,
  )
  return {
    isOpen: true,
    ask: (path = '/') => fetch(roundRobin.url + path),
    async [Symbol.asyncDispose]() {
      await roundRobin.close()
      await Promise.all(replicas.map(({ close }) => close()))
    },
  }
}
