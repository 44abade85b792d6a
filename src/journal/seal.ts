import { JournalKeyMissing } from './journal.ts'
import { createCipheriv, createDecipheriv, createSecretKey, hash, randomBytes } from 'node:crypto'

type Sealed = { box: Uint8Array; keyId: string }

const ivBytes = 12
const tagBytes = 16

export type Seal = ReturnType<typeof createSeal>

/**
 * Encrypts with AES-256-GCM. What is sealed can only be opened in the row it was sealed for.
 * @param keys base64 of 32 bytes each: the first one seals, all of them open
 */
export function createSeal(keys: readonly string[]) {
  const ring = new Map(keys.map((key) => [keyIdOf(key), createSecretKey(key, 'base64')]))
  const [first] = ring
  if (!first) throw new Error('a seal needs a key')
  const [sealingId, sealingKey] = first

  return {
    keyIds: [...ring.keys()],

    /** @param row a name of the row: what is copied to another row does not open */
    close(row: string, content: unknown): Sealed {
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv('aes-256-gcm', sealingKey, iv).setAAD(Buffer.from(row))
      const text = cipher.update(JSON.stringify(content), 'utf8')
      const end = cipher.final()
      return { box: Buffer.concat([iv, cipher.getAuthTag(), text, end]), keyId: sealingId }
    },

    /**
     * @returns undefined if the box was changed or belongs to another row; SQLite does not notice flipped bits
     * @throws JournalKeyMissing
     */
    open(row: string, { box, keyId }: Sealed): unknown {
      const key = ring.get(keyId)
      if (!key) throw new JournalKeyMissing(`JOURNAL_KEY lacks the key ${keyId}, which has sealed ${row}`)
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, ivBytes)).setAAD(
          Buffer.from(row),
        )
        decipher.setAuthTag(box.subarray(ivBytes, ivBytes + tagBytes))
        const text = Buffer.concat([decipher.update(box.subarray(ivBytes + tagBytes)), decipher.final()])
        return JSON.parse(text.toString('utf8'))
      } catch {
        return undefined
      }
    },
  }
}

/** Identifies a key without revealing it. */
function keyIdOf(key: string): string {
  return hash('sha256', `journal key ${key}`).slice(0, 8)
}
