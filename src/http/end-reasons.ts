/**
 * Why a connection ended otherwise than after its last answer:
 * `late`: no whole request in ten seconds; `unreadable`: no HTTP; `headers_too_large`; `reset` by its peer in the middle of
 * its headers; `pipelined`: too many requests at once; `answer_unread`; `upload_unfinished` after its answer; `no_room`.
 */
export const endReasons = [
  'late',
  'unreadable',
  'headers_too_large',
  'reset',
  'pipelined',
  'answer_unread',
  'upload_unfinished',
  'no_room',
] as const

type EndReason = (typeof endReasons)[number]

export type ConnectionReport = (ended: {
  reason: EndReason
  remoteAddress: string | undefined
  /** That the peer was told. */
  requestId?: string | undefined
}) => void
