/** Where tills send their messages. */
export type Target = {
  url: string
  /** @returns to be asked once the message has its answer or none: what befell the replica that had it meanwhile */
  watch(): (replica: number | undefined) => Fate
}

/** `ended`: killed, or it was not there. */
export type Fate = 'nothing' | 'ended' | 'frozen'
