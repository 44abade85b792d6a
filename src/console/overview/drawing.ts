import { html, type Html } from '../html.ts'

/** One kind of bar: its name in the legend, and a value for each bar. */
export type Series = { name: string; values: readonly number[] }

const width = 960
const height = 120

/**
 * Bars beside each other, each of the series stacked on the one before. Everything is geometry in attributes: the content
 * policy allows no styles. What it shows is told in words as well.
 *
 * @param words what a reader who does not see it is told
 */
export function drawBars(words: string, series: readonly Series[]): Html {
  const bars = series[0]?.values.length ?? 0
  const totals = Array.from({ length: bars }, (_, bar) => sum(series.map(({ values }) => values[bar] ?? 0)))
  const most = Math.max(1, ...totals)
  const barWidth = width / Math.max(1, bars)
  const rects = Array.from({ length: bars }, (_, bar) => {
    let y = height
    return series.map(({ values }, kind) => {
      const value = values[bar] ?? 0
      // Few among many must still be seen.
      const length = value === 0 ? 0 : Math.max(2, Math.round((value / most) * (height - 4)))
      y -= length
      return length > 0 && rect({ x: bar * barWidth, y, width: barWidth, height: length, kind })
    })
  }).flat()
  return html`<svg
    class="drawing"
    viewBox="0 0 ${width} ${height}"
    preserveAspectRatio="none"
    role="img"
    aria-label="${words}"
  >
    ${rects.filter((each) => each !== false)}
    <line class="axis" x1="0" y1="${height}" x2="${width}" y2="${height}" />
  </svg>`
}

type Rect = { x: number; y: number; width: number; height: number; kind: number }

function rect({ x, y, width: w, height: h, kind }: Rect): Html {
  return html`<rect class="kind-${kind}" x="${x + 1}" y="${y}" width="${w - 2}" height="${h}" />`
}

/** @returns the legend of the same series: a mark and a name, and how many there are in all */
export function legend(series: readonly Series[]): Html {
  const items = series.map(
    ({ name, values }, kind) =>
      html`<li>
        <svg class="mark" viewBox="0 0 10 10" aria-hidden="true">
          <rect class="kind-${kind}" width="10" height="10" />
        </svg>
        ${name}: ${sum(values).toLocaleString('en')}
      </li>`,
  )
  return html`<ul class="legend">
    ${items}
  </ul>`
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
