import { readFileSync } from 'node:fs'
import { isMap, isScalar, parseDocument, type Pair, type YAMLMap } from 'yaml'

/** A value of the chart: its path, as `--set` takes it, and what stands above it in values.yaml. */
export type ChartValue = { path: string; fallback: unknown; what: string }
/** Values below one name of the top level, or those that are at the top themselves. */
export type ChartSection = { name: string; what: string; values: ChartValue[] }

const valuesFile = new URL('../../helm/values.yaml', import.meta.url)

/**
 * values.yaml with its comments. Above a value stands what it is; examples are comments too, indented further.
 * @throws Error if a value has no comment
 */
export function readChartValues(): ChartSection[] {
  const { contents } = parseDocument(readFileSync(valuesFile, 'utf8'))
  if (!isMap(contents)) throw new Error('values.yaml is no map')
  const pairs = pairsOf(contents)
  const alone = pairs.filter((pair) => !isBranch(pair.value)).flatMap((pair) => toValues(pair, ''))
  const sections = pairs.flatMap((pair) =>
    isBranch(pair.value)
      ? [{ name: pair.name, what: pair.what, values: pairsOf(pair.value).flatMap((child) => toValues(child, `${pair.name}.`)) }] // prettier-ignore
      : [],
  )
  return [{ name: '', what: '', values: alone }, ...sections]
}

type Named = { name: string; what: string; value: unknown }

function pairsOf(map: YAMLMap): Named[] {
  return map.items.map((pair, index) => ({
    name: String(isScalar(pair.key) ? pair.key.value : pair.key),
    what: readComment(commentAbove(map, pair, index)),
    value: pair.value,
  }))
}

/** The parser assigns the comment above its first key to the map. */
function commentAbove(map: YAMLMap, { key }: Pair, index: number): string {
  const own = isScalar(key) ? key.commentBefore : undefined
  return own ?? (index === 0 ? map.commentBefore : undefined) ?? ''
}

/** The last paragraph: what comes before an empty line is about the whole file. */
function readComment(comment: string): string {
  const lines =
    comment
      .split(/\n\s*\n/)
      .at(-1)
      ?.split('\n') ?? []
  return lines
    .filter((line) => !line.startsWith('  '))
    .map((line) => line.trim())
    .join(' ')
}

/** A map that is one value, such as labels, explains none of its keys. */
function isBranch(value: unknown): value is YAMLMap {
  return isMap(value) && pairsOf(value).some(({ what, value: child }) => what !== '' || isBranch(child))
}

function toValues({ name, what, value }: Named, prefix: string): ChartValue[] {
  const path = `${prefix}${name}`
  if (isBranch(value)) return pairsOf(value).flatMap((child) => toValues(child, `${path}.`))
  if (what === '') throw new Error(`values.yaml: ${path} has no comment`)
  return [{ path, what, fallback: toJs(value) }]
}

function toJs(value: unknown): unknown {
  return (value as { toJSON(): unknown }).toJSON()
}
