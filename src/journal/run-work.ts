import type { Answer, Statement, Work } from './work.ts'

/** @param answer runs a statement */
export async function runWork<T>(
  work: Work<T>,
  answer: (statement: Statement) => Promise<Answer>,
): Promise<T> {
  let step = work.next()
  while (!step.done) step = work.next(await answer(step.value))
  return step.value
}
