import type { IncomingMessage, ServerResponse } from 'node:http'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { startListener } from '../../simulators/core/listener.ts'
import { demoProjectName } from '../../simulators/core/demo-project.ts'
import { refuseForeign } from '../../support/same-origin.ts'
import { toCurl, toRecording } from '../wire/copies.ts'
import type { World } from '../world.ts'
import { safeHeaders } from '../../../src/console/access/safe-headers.ts'
import { baseStyle } from '../../../src/console/assets.ts'
import { html, type Html } from '../../../src/console/html.ts'
import { createLive } from './live.ts'
import { membersView, switchesView } from './other-side-view.ts'
import { pageView, type Piece } from './page-view.ts'
import { createSwitches } from './switches.ts'
import { createTillDesk } from './till-desk.ts'
import { keysView, screenView } from './till-view.ts'
import { entryView, stepView } from './wire-view.ts'

const here = (file: string) => readFileSync(new URL(file, import.meta.url), 'utf8')

/**
 * The sandbox's page, on a free port of 127.0.0.1. It has no password: `refuseForeign` keeps other sites out.
 * @returns its address, and how to end it
 */
export async function startPage(
  world: Pick<World, 'core' | 'wire' | 'broker' | 'waitingBills' | 'url' | 'console'>,
) {
  const { core, wire, waitingBills, console } = world
  const live = createLive(pieces)
  const desk = createTillDesk(world.url, live.changed)
  const switches = createSwitches(core, world.broker, live.changed)
  wire.events.on('step', live.changed).on('change', live.changed)

  function pieces(): Piece[] {
    return [
      { id: 'screen', content: screenView(desk.state) },
      { id: 'keys', content: keysView(desk.state) },
      { id: 'switches', content: switchesView(switches.state, waitingBills.size) },
      { id: 'members', content: membersView(core.cards(demoProjectName)) },
      ...wire.entries.flatMap((entry) => [
        {
          id: `entry-${entry.id}`,
          content: entryView(entry, [], console.url),
          into: 'entries',
          tag: 'article',
          isFixed: true,
        } as const,
        ...entry.steps.map(
          (step, index) =>
            ({
              id: `step-${entry.id}-${index}`,
              content: stepView(step),
              into: `steps-${entry.id}`,
              tag: 'li',
            }) as const,
        ),
      ]),
    ]
  }

  function page(): string {
    const entries = wire.entries.toReversed().map((entry) => {
      const steps = entry.steps.map(
        (step, index) => html`<li id="step-${entry.id}-${index}">${stepView(step)}</li>`,
      )
      return html`<article id="entry-${entry.id}">${entryView(entry, steps, console.url)}</article>`
    })
    const [screen, keys, switchesPiece, members] = pieces().map(({ content }) => content) as [
      Html,
      Html,
      Html,
      Html,
    ]
    return pageView({ screen, keys, switches: switchesPiece, members, entries })
  }

  function copyOf(path: string): string | undefined {
    const [, id, form] = /^\/entries\/(\d+)\/(curl|recording)$/.exec(path) ?? []
    const entry = wire.entries.find((one) => String(one.id) === id)
    if (!entry) return undefined
    if (form === 'curl') return toCurl(entry, new URL(world.url).origin)
    const recording = toRecording(entry, wire.entries)
    return recording && JSON.stringify(recording, null, 2)
  }

  const files: Record<string, () => [type: string, content: string]> = {
    '/': () => ['text/html', page()],
    '/page.css': () => ['text/css', baseStyle + here('page.css')],
    '/page.js': () => ['text/javascript', here('page.js')],
  }

  function get(path: string, response: ServerResponse) {
    if (path === '/events') return live.listen(response)
    const file = files[path]?.()
    if (file)
      return void response.writeHead(200, { 'Content-Type': `${file[0]}; charset=utf-8` }).end(file[1])
    const copy = copyOf(path)
    const status = copy === undefined ? 404 : 200
    response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' })
    response.end(copy ?? 'There is no such thing, or not yet: a bill is a recording once Kafka has it.')
  }

  async function post(path: string, request: IncomingMessage, response: ServerResponse) {
    const fields = Object.fromEntries(new URLSearchParams(await text(request)))
    const [, key] = /^\/till\/([a-z]+)$/.exec(path) ?? []
    if (path === '/switches') await switches.set(fields)
    else if (key === undefined || !(await desk.press(key, fields))) return void response.writeHead(404).end()
    response.writeHead(303, { Location: '/' }).end()
  }

  const listener = await startListener(0, (request, response) => {
    for (const [name, value] of Object.entries(safeHeaders)) response.setHeader(name, value)
    response.setHeader('Cache-Control', 'no-store')
    const foreign = refuseForeign(request)
    const path = request.url ?? '/'
    if (foreign) response.writeHead(403, { 'Content-Type': 'text/plain; charset=utf-8' }).end(foreign)
    else if (request.method === 'GET') get(path, response)
    else if (request.method === 'POST') post(path, request, response).catch(() => response.destroy())
    else response.writeHead(405, { Allow: 'GET, POST' }).end()
  })
  return {
    url: `http://127.0.0.1:${listener.port}/`,
    async close() {
      live.close()
      await listener.close()
    },
  }
}
