import type { Caller, Operation } from '../../model/words.ts'
import type { TrackedState } from '../../observability/tracking.ts'
import type { Dialect, RequestHead } from '../dialect.ts'

/** What is known of one request on its way through `zonal/`. */
export type TillState = TrackedState & {
  /** In which it is read and answered. */
  dialect: Dialect
  /** False if no dialect claims the request: it is answered in the fallback's words, and its body is not read. */
  isClaimed: boolean
  head: RequestHead
  charset: string
  /** The operation that its address names; `inside` if its message does; undefined for any other address. */
  operationInAddress: Operation | 'inside' | undefined
  /** The till's own id of its message, once that is read. */
  reference?: string | undefined
  /** Who sends the message, once they are approved. */
  caller?: Caller
}
