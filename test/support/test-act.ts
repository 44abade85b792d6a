import { randomUUID } from 'node:crypto'
import type { Act } from '../../src/journal/audit.ts'

/** An act of Dana, an operator at the console. */
export function testAct(more: Partial<Act> = {}): Act & { why: string } {
  return {
    ...{ id: randomUUID(), who: 'Dana', role: 'operator', by: 'console', address: '127.0.0.1' },
    ...more,
    why: more.why ?? 'the venue has called',
  }
}
