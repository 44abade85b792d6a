import { expect } from 'chai'
import { StorageUnavailable } from '../../src/journal/journal.ts'
import { createMarkAnswered } from '../../src/loyalty/answered.ts'
import { createLogger } from '../../src/observability/logger.ts'

describe('the note that an OK has left', () => {
  function noteWith(failures: Error[]) {
    const marked: string[] = []
    const lines: string[] = []
    const markAnswered = createMarkAnswered({
      journal: {
        async markAnswered(id) {
          const failure = failures.shift()
          if (failure) throw failure
          marked.push(id)
        },
      },
      log: createLogger('warn', { write: (line: string) => void lines.push(line) }),
    })
    return { markAnswered, marked, lines }
  }

  it('is repeated while the journal is locked, so that no reward is given back that the guest has', async () => {
    const { markAnswered, marked, lines } = noteWith([
      new StorageUnavailable('locked'),
      new StorageUnavailable('locked'),
    ])
    // A server that waits only for this may end.
    const alive = setInterval(() => undefined, 1_000)
    await markAnswered('r-1').finally(() => clearInterval(alive))
    expect(marked).to.deep.equal(['r-1'])
    expect(lines, 'one line for a lock, not one for each try').to.have.length(1)
  })

  it('is not repeated where the journal will never take it', async () => {
    const { markAnswered, marked, lines } = noteWith([new Error('database is not open')])
    await markAnswered('r-1')
    expect(marked).to.deep.equal([])
    expect(lines).to.have.length(1)
  })
})
