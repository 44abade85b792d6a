import { sockets } from './attacks/sockets.ts'
import { secrets } from './attacks/secrets.ts'
import { strangers } from './attacks/strangers.ts'
import { texts } from './attacks/texts.ts'
import { target, type Attack } from './target.ts'

/** In the order in which they are played; what looks for secrets comes last. */
export const attacks: Record<string, Attack> = { ...texts, ...sockets, ...strangers, ...secrets }

// Started as a process of its own, so that honest tills do not wait for the attacker.
if (import.meta.main) {
  const [, , name = '', json = '{}'] = process.argv
  const said = await attacks[name]?.run(target.parse(JSON.parse(json)))
  console.log(said)
  process.exit(0)
}
