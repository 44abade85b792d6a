export type Encoded = { path: string; headers: Record<string, string>; body: string }
export type Login = { venueId: string; apiKey: string }

/** HTTP Basic, RFC 7617. */
export function basic({ venueId, apiKey }: Login): string {
  return `Basic ${Buffer.from(`${venueId}:${apiKey}`).toString('base64')}`
}
