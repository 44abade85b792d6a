/** The fields that are stored in one column as they are; `columnsOf` converts the others. */
export const columnNames = {
  key: 'key',
  attempt: 'attempt',
  venue: 'venue',
  venueId: 'venue_id',
  tenant: 'tenant',
  cardHash: 'card_hash',
  cardMasked: 'card_masked',
  account: 'account',
  state: 'state',
  createdAtMs: 'created_at',
  sentAtMs: 'sent_at',
  confirmedAtMs: 'confirmed_at',
  answeredAtMs: 'answered_at',
  dueAtMs: 'due_at',
  keyUntilMs: 'key_until',
  undoNumber: 'undo_number',
  creditKey: 'credit_key',
  ticketKey: 'ticket_key',
  refusedWith: 'refused_with',
} as const

export const allColumns = [
  'id',
  'revision',
  'changed_at',
  ...Object.values(columnNames),
  ...['kind', 'reward_id', 'points', 'reward_sealed', 'reward_seal_key'],
  ...['undo_by', 'undo_since', 'undo_calls', 'undo_tries', 'undo_last'],
  ...['moved', 'given_back', 'is_named_by_ticket'],
  ...['settled_by', 'settled_why', 'settled_at', 'sealed', 'seal_key'],
]
