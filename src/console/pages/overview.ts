import type { Desk } from '../desk.ts'
import { html, type Html } from '../html.ts'
import { drawBars, legend, sum, type Series } from '../overview/drawing.ts'
import type { LastDay } from '../overview/last-day.ts'
import type { OverviewData } from '../overview/overview.ts'
import type { Status } from '../overview/status.ts'
import { page, type Answer } from '../page.ts'
import { moment, table, timeOfDay } from '../elements.ts'

/** Is anything wrong, since when, and what is to be done; then the last day, and how each part is now. */
export async function overviewPage({ overview, config }: Desk): Promise<Answer> {
  const seen = await overview.see()
  const { timeZone } = config.zonal
  const body = html`<div data-refresh="15">
      ${wrong(seen, timeZone)} ${lastDay(seen.day, timeZone)} ${now(seen, timeZone)} ${silent(seen, timeZone)}
    </div>
    <p class="dim">Times are those of ${timeZone}. A day has its last 24 hours, by quarters of an hour.</p>`
  return page('Overview', body, seen)
}

/** The page that lists what an alert is about. */
const shownAt: Record<string, string> = {
  ZonalRedemptionsStuck: '/redemptions?state=stuck',
  ZonalRedemptionsInDoubt: '/redemptions',
  ZonalDeadLettersGrow: '/dead-letters',
}

function wrong({ conditions }: OverviewData, timeZone: string): Html {
  if (conditions.length === 0)
    return html`<section aria-labelledby="wrong">
      <h2 id="wrong" class="well">✓ Nothing is wrong</h2>
    </section>`
  const items = conditions.map(
    ({ alert, text, sinceMs, isExact }) =>
      html`<li>
        <strong>${text}</strong>
        <span>${isExact ? 'Since' : 'Seen since'} ${moment(sinceMs, timeZone)}.</span>
        ${shownAt[alert] && html`<a href="${shownAt[alert]}">See them</a>`}
        <a href="/runbooks/${alert}">What to do: ${alert}</a>
      </li>`,
  )
  const count = conditions.length === 1 ? 'One thing needs' : `${conditions.length} things need`
  return html`<section aria-labelledby="wrong">
    <h2 id="wrong" class="ill">⚠ ${count} a look</h2>
    <ul class="conditions">
      ${items}
    </ul>
  </section>`
}

function lastDay(day: LastDay | undefined, timeZone: string): Html {
  if (!day)
    return html`<section aria-labelledby="day">
      <h2 id="day">The last 24 hours</h2>
      <p>There is no diary, so nothing is known of them.</p>
    </section>`
  const { quarters, doubts } = day
  const of = (pick: (quarter: LastDay['quarters'][number]) => number) => quarters.map(pick)
  const messages: Series[] = [
    { name: 'OK', values: of(({ outcomes }) => outcomes.ok) },
    { name: 'Refused, with the reason', values: of(({ outcomes }) => outcomes.refused) },
    { name: 'Told to try again', values: of(({ outcomes }) => outcomes.failed) },
    { name: 'Hung up', values: of(({ outcomes }) => outcomes.hungUp) },
  ]
  const tickets: Series[] = [
    { name: 'Taken', values: of(({ ticketsTaken }) => ticketsTaken) },
    { name: 'Published', values: of(({ ticketsPublished }) => ticketsPublished) },
  ]
  const open: Series[] = [
    { name: 'In doubt', values: doubts.map(({ inDoubt }) => inDoubt) },
    { name: 'Stuck', values: doubts.map(({ stuck }) => stuck) },
  ]
  const starts = quarters.map(({ startMs }) => startMs)
  return html`<section aria-labelledby="day">
    <h2 id="day">The last 24 hours</h2>
    ${drawn('Messages of tills', messages, starts, timeZone, tellTotals)}
    ${drawn('Tickets', tickets, starts, timeZone, tellTotals)}
    ${drawn('Redemptions in doubt or stuck', open, starts, timeZone, tellMost)}
  </section>`
}

type Tell = (series: Series[], at: (bar: number) => string) => string

function drawn(title: string, series: Series[], starts: number[], timeZone: string, tell: Tell): Html {
  const at = (bar: number) =>
    new Intl.DateTimeFormat('en-GB', { timeZone, timeStyle: 'short' }).format(starts[bar])
  const words = `${title}: ${tell(series, at)}`
  return html`<figure>
    <figcaption>${title}</figcaption>
    ${drawBars(words, series)}
    <p class="axis-ends" aria-hidden="true"><span>${at(0)}</span><span>${at(starts.length - 1)}</span></p>
    ${tell === tellTotals && legend(series)}
    <p>${words}</p>
  </figure>`
}

function tellTotals(series: Series[], at: (bar: number) => string): string {
  const totals = series.map(({ name, values }) => `${name}: ${sum(values).toLocaleString('en')}`)
  const bars = series[0]?.values.length ?? 0
  const busiest = highest(
    Array.from({ length: bars }, (_, bar) => sum(series.map(({ values }) => values[bar] ?? 0))),
  )
  const most = busiest ? ` Most in the quarter of an hour from ${at(busiest.bar)}: ${busiest.value}.` : ''
  return `${totals.join('; ')}.${most}`
}

function tellMost(series: Series[], at: (bar: number) => string): string {
  const each = series.map(({ name, values }) => {
    const most = highest(values)
    const last = values.at(-1) ?? 0
    return most
      ? `${name.toLowerCase()} at most ${most.value}, in the quarter of an hour from ${at(most.bar)}, and ${last} in the last one`
      : `${name.toLowerCase()} none`
  })
  return `${each.join('; ')}.`
}

function highest(values: readonly number[]): { bar: number; value: number } | undefined {
  const value = Math.max(0, ...values)
  return value === 0 ? undefined : { bar: values.indexOf(value), value }
}

function now({ replicas }: OverviewData, timeZone: string): Html {
  const rows = replicas.map(({ name, seenAtMs, status }) => [
    html`${name}`,
    html`${status.version}`,
    timeOfDay(seenAtMs, timeZone),
    html`${status.isReady ? 'ready' : 'not ready'}`,
    html`${status.trouble ?? 'ok'}`,
    html`${kafkaWords[status.kafka]}`,
    html`${ticketsIn(status)}`,
    html`${status.hold ? `held: ${status.hold.reason}` : 'sends'}`,
    html`${breakers(status.breakers)}`,
  ])
  const heads = ['Replica', 'Version', 'Seen', 'State', 'Journal', 'Kafka', 'Tickets', 'Budget', 'Breakers']
  return html`<section aria-labelledby="now">
    <h2 id="now">As it is now</h2>
    ${table('Replicas', heads, rows)}
  </section>`
}

function ticketsIn({ kafka, isRelay = true }: Status): string {
  if (kafka === 'none') return 'wait in the journal'
  return isRelay ? 'published by this one' : 'left to another replica'
}

const kafkaWords = { connected: 'connected', not_connected: 'not connected', none: 'not configured' }

function breakers(states: Record<string, string>): string {
  const others = Object.entries(states).filter(([, state]) => state !== 'closed')
  return others.length === 0
    ? 'all closed'
    : others.map(([operation, state]) => `${operation} ${state}`).join(', ')
}

function silent({ silent: venues, day }: OverviewData, timeZone: string): Html {
  if (!day) return html``
  const rows = venues.map(({ venueId, lastHeardAtMs, spokenOnDays }) => [
    html`${venueId}`,
    moment(lastHeardAtMs, timeZone),
    html`${spokenOnDays} of the last 7 days`,
  ])
  return html`<section aria-labelledby="silent">
    <h2 id="silent">Silent venues</h2>
    ${
      rows.length === 0
        ? html`<p>No venue that usually sends something at this time of the day is silent.</p>`
        : table(
            'Venues that usually send something now, and have not for two hours',
            ['Venue', 'Last heard', 'Sent something now on'],
            rows,
          )
    }
  </section>`
}
