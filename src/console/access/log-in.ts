import { createHmac, randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { networkOf } from '../../observability/source-address.ts'
import type { Clock } from '../../time/clock.ts'
import { isPassword, maxPasswordLength } from './passwords.ts'
import { userName, type Users } from '../../config/console-users.ts'
import type { User } from './users.ts'

/** So that the password's hash is not computed for each page. */
const rememberedMs = 10 * 60_000
const windowMs = 60_000
const failuresOfNetwork = 10
const failuresInAll = 60
/** Checks that wait for the one under way. */
const maxWaiting = 8

/** A hash that no password has, checked for a name that is not known, so that it takes as long. */
const nobody = `scrypt$32768$8$3$${'A'.repeat(22)}$${'A'.repeat(43)}`

export type LogIn = (authorization: string | undefined, address: string | undefined) => Promise<LoggedIn>
/** `lockedForMs`: after too many wrong passwords, for how long only remembered users are let in. */
type LoggedIn = User | 'missing' | 'wrong' | { lockedForMs: number }

/** @returns a function that says who sends an `Authorization` header of HTTP basic */
export function createLogIn(users: Users, clock: Clock): LogIn {
  // Of this process alone, so that what is remembered is of no use elsewhere.
  const key = randomBytes(32)
  const remembered = new LRUCache<string, { user: User; untilMs: number }>({ max: 1000 })
  const failures = new LRUCache<string, Failures>({ max: 10_000 })
  const inAll: Failures = { count: 0, untilMs: 0 }
  let checking: Promise<unknown> = Promise.resolve()
  let waiting = 0

  function lockedForMs(ofNetwork: Failures): number {
    const nowMs = clock.monotonicMs()
    const left = ({ count, untilMs }: Failures, max: number) => (count >= max ? untilMs - nowMs : 0)
    return Math.max(0, left(ofNetwork, failuresOfNetwork), left(inAll, failuresInAll))
  }

  function fail(each: Failures) {
    const nowMs = clock.monotonicMs()
    if (nowMs >= each.untilMs) Object.assign(each, { count: 0, untilMs: nowMs + windowMs })
    each.count += 1
  }

  return async function logIn(authorization, address) {
    const given = readBasic(authorization)
    if (!given) return 'missing'
    const mark = createHmac('sha256', key).update(`${given.name}\n${given.password}`).digest('base64')
    const recall = () => {
      const known = remembered.get(mark)
      return known && known.untilMs > clock.monotonicMs() ? known.user : undefined
    }
    const known = recall()
    if (known) return known
    const network = networkOf(address ?? '')
    const ofNetwork = failures.get(network) ?? { count: 0, untilMs: 0 }
    failures.set(network, ofNetwork)
    const lockMs = lockedForMs(ofNetwork)
    if (lockMs > 0) return { lockedForMs: lockMs }
    if (waiting >= maxWaiting) return { lockedForMs: 1_000 }
    waiting += 1
    // One at a time: each takes a thread that others wait for too.
    const checked = checking.then(async () => {
      // The checks before it may have approved the same password, or locked the address.
      const lockMs = lockedForMs(ofNetwork)
      return recall() ?? (lockMs > 0 ? { lockedForMs: lockMs } : await check(given, mark, ofNetwork))
    })
    checking = checked.catch(() => undefined)
    return await checked.finally(() => (waiting -= 1))
  }

  async function check(
    { name, password }: Given,
    mark: string,
    ofNetwork: Failures,
  ): Promise<User | 'wrong'> {
    const user = users.get(name)
    const isRight = await isPassword(password, user?.hash ?? nobody)
    if (!user || !isRight) {
      fail(ofNetwork)
      fail(inAll)
      return 'wrong'
    }
    const found = { name, role: user.role }
    remembered.set(mark, { user: found, untilMs: clock.monotonicMs() + rememberedMs })
    return found
  }
}

type Failures = { count: number; untilMs: number }
type Given = { name: string; password: string }

/** https://www.rfc-editor.org/rfc/rfc7617 */
function readBasic(authorization: string | undefined): Given | undefined {
  const [, encoded] = /^basic +([A-Za-z0-9+/]+=*)$/i.exec(authorization ?? '') ?? []
  if (encoded === undefined) return undefined
  const [, name = '', password = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? []
  return userName.test(name) && password.length <= maxPasswordLength ? { name, password } : undefined
}
