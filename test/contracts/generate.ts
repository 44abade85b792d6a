import { mkdir, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { ticketEvent } from '../../src/tickets/event.ts'
import { balanceRequest, creditRequest, debitRequest } from '../../src/zonal/messages/messages.ts'
import { ticketRequest } from '../../src/zonal/messages/ticket-message.ts'
import * as core from './core-replies.ts'

export const schemasFolder = new URL('../../contracts/schemas/', import.meta.url)

/** What crosses our borders, by file name: as it is on the wire, before anything is read out of it. */
const schemas: Record<string, z.ZodType> = {
  'balance-request': balanceRequest,
  'debit-request': debitRequest,
  'credit-request': creditRequest,
  'ticket-request': ticketRequest,
  'core-venues': core.venues,
  'core-card': core.card,
  'core-coupons': core.userCoupons,
  'core-redeemed-coupon': core.redeemedCoupon,
  'core-restored-coupon': core.restoredCoupon,
  'core-moved-points': core.movedPoints,
  'core-nested-error': core.nestedError,
  'core-flat-error': core.flatError,
  'ticket-event': ticketEvent,
}

/** @returns the text of each schema file (JSON Schema, draft 2020-12), by file name */
export function generateSchemas(): Map<string, string> {
  return new Map(
    Object.entries(schemas).map(([name, schema]) => {
      const json = z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12', override: widen })
      return [`${name}.json`, `${JSON.stringify(json, null, 2)}\n`]
    }),
  )
}

/** That integers end at 2^53 is JavaScript's rule, not the wire's: Zonal's ids have 64 bits and are read as text. */
function widen({ jsonSchema }: { jsonSchema: { minimum?: number; maximum?: number } }) {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
}

async function writeSchemas() {
  await mkdir(schemasFolder, { recursive: true })
  for (const [file, text] of generateSchemas()) {
    await writeFile(new URL(file, schemasFolder), text)
    console.log(`contracts/schemas/${file}`)
  }
}

if (import.meta.main) await writeSchemas()
