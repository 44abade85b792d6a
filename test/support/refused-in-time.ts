import { expect } from 'chai'
import { StorageUnavailable } from '../../src/model/refusal.ts'
import { patienceMs } from './impatient-journal.ts'

/** A busy machine may be late by this much. */
const toleranceMs = 500

/** Expects that the journal gives up in time. @returns the error */
export async function refusedInTime(work: Promise<unknown>): Promise<StorageUnavailable> {
  const startedMs = performance.now()
  const failure = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(failure).to.be.instanceOf(StorageUnavailable)
  expect(performance.now() - startedMs).to.be.below(patienceMs + toleranceMs)
  return failure as StorageUnavailable
}
