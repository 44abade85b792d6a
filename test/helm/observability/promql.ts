export type Matcher = { label: string; values: string[] }
export type Selector = { metric: string; matchers: Matcher[] }

/** Not all of PromQL: what a query of ours can name. A word that is none of these is taken for a metric. */
const words = new Set(
  (
    'sum max min count by on ignoring group_left group_right and or unless bool offset rate increase changes absent ' +
    'absent_over_time last_over_time max_over_time min_over_time histogram_quantile clamp_max without'
  ).split(' '),
)

/** @returns what a query reads: each metric with what is asked of its labels */
export function selectorsOf(expr: string): Selector[] {
  const found = [...withoutGroupings(expr).matchAll(/([a-zA-Z_:][\w:]*)\s*(?:\{((?:[^}"]|"[^"]*")*)\})?/g)]
  return found
    .filter(([, name = '']) => !words.has(name))
    .map(([, metric = '', inside = '']) => ({ metric, matchers: matchersIn(inside) }))
}

/** @returns labels that a query groups or joins by, and those that its legend names */
export function labelsUsedBy(expr: string, legend = ''): string[] {
  const groupings = [...expr.matchAll(/\b(?:by|on|without|ignoring|group_left|group_right)\s*\(([^)]*)\)/g)]
  const ofGroups = groupings.flatMap(([, list = '']) => list.split(',').map((label) => label.trim()))
  const ofLegend = [...legend.matchAll(/\{\{(?:\s*\$labels\.)?\s*(\w+)\s*\}\}/g)].map(
    ([, label = '']) => label,
  )
  return [...ofGroups, ...ofLegend].filter(Boolean)
}

function withoutGroupings(expr: string): string {
  return expr
    .replace(/\b(by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\boffset \w+/g, '')
}

function matchersIn(inside: string): Matcher[] {
  return [...inside.matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)].map(([, label = '', , value = '']) => ({
    label,
    values: value.split('|'),
  }))
}
