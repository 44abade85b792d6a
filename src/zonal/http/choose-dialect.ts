import type { Middleware } from 'koa'
import { fallbackOf, findDialect, type Dialect } from '../dialect.ts'
import { readContentType } from './decode.ts'
import type { TillState } from './state.ts'

type Deps = { dialects: readonly Dialect[]; basePath: string }

/** Decides in which dialect a request is read and answered, before its body is. */
export function createDialectChoice({ dialects, basePath }: Deps): Middleware<TillState> {
  const fallback = fallbackOf(dialects)
  const base = basePath.toLowerCase()

  return function chooseDialect(ctx, next) {
    const { mediaType, charset } = readContentType(ctx.get('Content-Type'))
    const head = { path: pathBelow(ctx.path, base), mediaType }
    const claiming = findDialect(dialects, head)
    const { state } = ctx
    const dialect = claiming ?? fallback
    state.dialect = dialect
    state.isClaimed = claiming !== undefined
    state.operationInAddress = head.path === undefined ? undefined : dialect.operationAt(head.path)
    state.head = head
    state.charset = charset
    state.exchange.facts.dialect = dialect.name
    return next()
  }
}

/**
 * @param base in lower case
 * @returns undefined for a path that is not below it, whatever the case
 */
function pathBelow(path: string, base: string): string | undefined {
  if (path.slice(0, base.length).toLowerCase() !== base) return undefined
  const rest = path.slice(base.length)
  if (rest !== '' && !rest.startsWith('/')) return undefined
  const below = rest.slice(1)
  return below.length > 1 && below.endsWith('/') ? below.slice(0, -1) : below
}
