import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Ends its connection, and resets it at once. */
const script = `
  import { connect, createServer } from 'node:net'
  import { resetSocket } from '${new URL('reset-socket.ts', import.meta.url).href}'
  const server = createServer((socket) => socket.on('error', () => undefined).resume())
  server.listen(0, '127.0.0.1', () => {
    const socket = connect(server.address().port, '127.0.0.1', () => {
      socket.on('error', () => undefined)
      socket.end()
      resetSocket(socket)
      server.close()
    })
  })`

// Torture had long printed its figures, and its process ran for as long as nobody killed it.
describe('a connection that is ended and reset at once', () => {
  it('does not keep its process from ending', async () => {
    const args = ['--input-type=module', '--eval', script]
    await promisify(execFile)(process.execPath, args, { timeout: 20_000, killSignal: 'SIGKILL' })
  })
})
