import { readFile } from 'node:fs/promises'
import type { Visit } from '../desk.ts'
import { html } from '../html.ts'
import { page, Refused, type Answer } from '../page.ts'

/** Beside `dist/` in the image, as beside `src/`. */
const folder = new URL('../../../helm/runbooks/', import.meta.url)

/** What to do about an alert: the page that its link leads to, as text. */
export async function runbookPage({ params: { name = '' } }: Visit): Promise<Answer> {
  if (!/^Zonal[A-Za-z]{1,60}$/.test(name)) throw new Refused(404, 'There is no such runbook.')
  const text = await readFile(new URL(`${name}.md`, folder), 'utf8').catch(() => undefined)
  if (text === undefined) throw new Refused(404, 'There is no such runbook.')
  return page(
    `Runbook: ${name}`,
    html`<pre class="runbook" tabindex="0" aria-label="${name}">${text}</pre>`,
    { name, text },
  )
}
