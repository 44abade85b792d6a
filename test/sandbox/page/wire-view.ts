import { understand } from '../../simulators/till/dialects.ts'
import { consolePathOf } from '../wire/copies.ts'
import type { Entry, Step } from '../wire/wire.ts'
import { html, type Html } from '../../../src/console/html.ts'

/** One exchange: its steps come into the list. @param consoleUrl where its bill can be looked up */
export function entryView(entry: Entry, steps: Html[], consoleUrl: string): Html {
  const { id, atMs, operation, request } = entry
  const billPath = consolePathOf(entry)
  const at = new Date(atMs)
  return html`<h3>
      ${id} ${operation || request.method}
      <time datetime="${at.toISOString()}">${at.toTimeString().slice(0, 8)}</time>
    </h3>
    <ol id="steps-${id}">
      ${steps}
    </ol>
    <p class="copies">
      <a href="/entries/${id}/curl" data-copy id="curl-${id}">Copy ${id} as curl</a>
      <a href="/entries/${id}/recording" data-copy id="recording-${id}">Copy ${id} as recording</a>
      ${billPath && html`<a href="${consoleUrl}${billPath}" target="_blank">Its bill in the console</a>`}
    </p>`
}

export function stepView(step: Step): Html {
  switch (step.kind) {
    case 'asked': {
      const { method, path, body } = step.request
      return line('till asks', html`<code>${method} ${path}</code>`, body)
    }
    case 'call': {
      const { method, path, body } = step.call
      const said = html`<code>${method} ${path}</code> ${fateOf(step)}`
      return line('core is asked', said, [body, step.reply ?? ''].filter(Boolean).join('\n'))
    }
    case 'heard': {
      if (!step.reply) return line('till hears', html`<strong>nothing: the connection ended</strong>`)
      const { status, body } = step.reply
      const { response, code } = understand(body) ?? {}
      const word = response === 'OK' ? 'OK' : (code ?? '')
      return line('till hears', html`${status} <strong>${word}</strong> in ${Math.round(step.ms)} ms`, body)
    }
    case 'written':
      return line('written down', html`${step.text}`)
    case 'event': {
      const { partition, offset, value } = step.record
      return line('Kafka has', html`partition ${partition}, offset ${offset}`, value)
    }
  }
}

function fateOf({ call }: Extract<Step, { kind: 'call' }>): Html {
  if (call.status !== undefined) return html`→ <strong>${call.status}</strong>`
  return call.isCutOff ? html`→ <strong>no answer in time</strong>` : html`→ not answered yet`
}

/** @param more shown if somebody opens the line */
function line(label: string, what: Html, more = ''): Html {
  const said = html`<span class="label">${label}</span> <span>${what}</span>`
  return more === ''
    ? said
    : html`<details>
        <summary>${said}</summary>
        <pre>${more}</pre>
      </details>`
}
