import { tillReply, type TillReply } from '../../simulators/till/messages.ts'
import type { IsOpen, RecordedBody, TillDialect, Wording } from '../../simulators/till/wording.ts'
import type { Login } from '../../simulators/till/encode.ts'
import { encode } from './encode.ts'
import { jsonWordings, type JsonWording } from './wordings.ts'

const [plain, ...others] = jsonWordings

export const till: TillDialect = {
  wordings: [toWording(plain), ...others.map(toWording)],
  fillCredentials,
}

function toWording(wording: JsonWording): Wording {
  return {
    name: wording.name,
    encode: (operation, message, login) => encode(wording, operation, message, login),
    decode,
  }
}

function decode(body: string): TillReply | undefined {
  try {
    return tillReply.safeParse(JSON.parse(body)).data
  } catch {
    return undefined
  }
}

function fillCredentials({ mediaType, body }: RecordedBody, login: Login, isOpen: IsOpen): string {
  if (mediaType !== 'application/x-www-form-urlencoded') return fillJson(body, login, isOpen)
  const form = new URLSearchParams()
  for (const [name, json] of new URLSearchParams(body)) form.append(name, fillJson(json, login, isOpen))
  return form.toString()
}

const boxes = { username: 'venueId', token: 'venueId', password: 'apiKey' } as const

/** In the text itself, so that everything else is sent as it was recorded, including long integers. */
function fillJson(json: string, login: Login, isOpen: IsOpen): string {
  return Object.entries(boxes).reduce(
    (text, [name, box]) =>
      text.replace(
        new RegExp(`("${name}"\\s*:\\s*)"([^"]*)"`, 'gi'),
        (found: string, start: string, given: string) =>
          isOpen(given, box) ? start + JSON.stringify(login[box]) : found,
      ),
    json,
  )
}
