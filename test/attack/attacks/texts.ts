import { gzipSync } from 'node:zlib'
import { send, sendAll, type Attack } from '../target.ts'

const bill = '"ticketId":"B-1","closedAt":"2026-11-23T12:00:00","total":1'

/** Thousands of spellings of one name, by which letters are capitals. */
function spellings(count: number): string {
  const name = 'accountnumber'
  return Array.from({ length: count }, (_, index) => {
    const spelling = [...name].map((sign, bit) => ((index >> bit) & 1 ? sign.toUpperCase() : sign)).join('')
    return `"${spelling}":${index}`
  }).join()
}

export const texts: Record<string, Attack> = {
  spellings: {
    what: 'one name in 8,000 spellings, without credentials',
    run: ({ port, scale }) => {
      const body = `{${bill},${spellings(8_000)}}`
      return sendAll(Math.ceil(20 * scale), 8, () => send(port, { path: '/ticket', body }))
    },
  },
  'long lists': {
    what: '16 tickets at once with 129,000 items each, or 1,000 whose every field is odd',
    run: ({ port, login, scale }) => {
      const empty = `{${bill},"items":[${Array(86_000).fill('{}').join()}]}`
      const odd =
        '{"id":{},"name":[],"quantity":"x","unitPrice":"1,5","total":"-","tax":"?","discount":[],"category":{}}'
      const wrong = `{${bill},"items":[${Array(1_000).fill(odd).join()}]}`
      return sendAll(Math.ceil(64 * scale), 16, (index) =>
        send(port, { path: '/ticket', login, body: index % 2 ? empty : wrong }),
      )
    },
  },
  'long forms': {
    what: 'forms of 130,000 fields, without credentials',
    run: ({ port, scale }) => {
      const body = Array(130_000).fill('a').join('&')
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      return sendAll(Math.ceil(40 * scale), 8, () => send(port, { path: '/ticket', headers, body }))
    },
  },
  slashes: {
    what: 'tickets whose card is an address of 125,000 slashes',
    run: ({ port, login, scale }) => {
      const cardNumber = `https://loyalty.example${'/'.repeat(125_000)}`
      const body = `{${bill},"cardNumber":"${cardNumber}"}`
      return sendAll(Math.ceil(20 * scale), 4, () => send(port, { path: '/ticket', login, body }))
    },
  },
  'deep nesting': {
    what: 'messages of 120,000 levels',
    run: ({ port, login, scale }) => {
      const body = `{${bill},"x":${'['.repeat(120_000)}${']'.repeat(120_000)}}`
      return sendAll(Math.ceil(20 * scale), 4, () => send(port, { path: '/ticket', login, body }))
    },
  },
  'gzip bombs': {
    what: '200 MB of blanks in 200 KB',
    run: ({ port, login, scale }) => {
      const body = gzipSync(Buffer.alloc(200 * 1024 ** 2, ' '))
      const headers = { 'content-encoding': 'gzip' }
      return sendAll(Math.ceil(20 * scale), 4, () => send(port, { path: '/ticket', login, headers, body }))
    },
  },
}
