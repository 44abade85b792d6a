import { spawn, type ChildProcess } from 'node:child_process'

export type Watchdog = ReturnType<typeof startWatchdog>

/**
 * Its input ends when its parent is gone, whatever ended that. Until then each line is the process id of the running
 * server, or empty while none runs.
 */
const script = `
  while read -r line; do server=$line; done
  if [ -n "$server" ]; then
    kill -s "$2" "$server"
    for tenth in $(seq 50); do kill -0 "$server" && sleep 0.1; done
    kill -s KILL "$server"
  fi
  rm -rf "$1"`

/**
 * Ends a server and removes its folder when this process is gone, even if it was killed by SIGKILL. The watchdog is in a
 * process group of its own, so that Ctrl-C does not end it.
 * @param signal sent to the server first; if it is still there five seconds later, it gets SIGKILL
 */
export function startWatchdog(folder: string, signal: 'QUIT' | 'KILL') {
  const watchdog = spawn('sh', ['-c', script, 'watchdog', folder, signal], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  watchdog.unref()
  const { stdin } = watchdog
  stdin.on('error', () => undefined)
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref()
  return {
    watch(server: ChildProcess) {
      stdin.write(`${server.pid}\n`)
      server.once('exit', () => stdin.write('\n'))
    },
    /** Ends the watchdog; the folder stays. */
    dismiss: () => watchdog.kill('SIGKILL'),
  }
}
