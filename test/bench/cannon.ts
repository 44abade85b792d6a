import autocannon from 'autocannon'
import type { Load } from './load.ts'
import { headers } from './messages.ts'

/** The same load as by wrk, for machines without it: `node cannon.ts LOAD-AS-JSON`. */
const { url, body, connections, seconds, first, modulo } = JSON.parse(process.argv[2] ?? '') as Load
let number = first

const result = await autocannon({
  url,
  connections,
  duration: seconds,
  requests: [
    {
      method: 'POST',
      headers,
      setupRequest: (request) => {
        number += 1
        return { ...request, body: body.replaceAll('@N@', String(number % modulo)) }
      },
    },
  ],
})
const { requests, duration, errors, non2xx, timeouts, latency } = result
console.log(
  JSON.stringify({
    requests: requests.total,
    seconds: duration,
    failures: errors + non2xx + timeouts,
    p50Ms: latency.p50,
    p99Ms: latency.p99,
    maxMs: latency.max,
  }),
)
