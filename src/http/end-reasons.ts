/**
 * Why a connection ended other than after its last answer. `late`: no complete request in ten seconds; `unreadable`: not
 * HTTP; `headers_too_large`; `reset`: by its peer, in the middle of its headers; `pipelined`: too many requests at once;
 * `answer_unread`; `upload_unfinished`: still not complete after its answer; `no_room`: too many connections.
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
  /** The one that the peer was told. */
  requestId?: string | undefined
}) => void
