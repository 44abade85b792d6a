import type { Answer, Statement, Work } from './work.ts'

/**
 * @param answer runs a statement
 * @param step the first one, if it is known already
 */
export async function runWork<T>(
  work: Work<T>,
  answer: (statement: Statement) => Promise<Answer>,
  step = work.next(),
): Promise<T> {
  while (!step.done) step = work.next(await answer(step.value))
  return step.value
}
