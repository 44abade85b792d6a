import { markPending } from './mark-pending.ts'

/** Whether random and long tests run for as long as CI has time. Else they are short or left out: `npm test` takes minutes. */
export const isAtLength = Boolean(process.env.CI)

/** Leaves the long tests of a suite to CI. Call it before what the suite starts. */
export function useAtLengthOnly() {
  before(function () {
    if (!isAtLength) markPending(this, 'it takes long: CI=true runs it')
  })
}
