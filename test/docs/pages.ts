import { readFileSync } from 'node:fs'

/** What a page shows between ``` lines, and in which language. */
export type Fence = { language: string; text: string }

export type Page = {
  name: string
  url: URL
  text: string
  fences: Fence[]
  /** What stands between backticks in running text. */
  codeSpans: string[]
  /** Targets of its links, as they are written. */
  links: string[]
  /** Its headings as link targets: `#not-here-yet`. */
  anchors: string[]
}

export const root = new URL('../../', import.meta.url)

const fencePattern = /^```(\w*)\n(.*?)^```$/gms

/** @param name of a Markdown file, from the root of the repository */
export function readPage(name: string): Page {
  const url = new URL(name, root)
  const text = readFileSync(url, 'utf8')
  const prose = text.replace(fencePattern, '')
  return {
    name,
    url,
    text,
    fences: [...text.matchAll(fencePattern)].map(([, language = '', shown = '']) => ({
      language,
      text: shown,
    })),
    codeSpans: captured(prose, /`([^`\n]+)`/g),
    links: captured(prose, /\[[^\]]*\]\(([^)\s]+)\)/g),
    anchors: captured(prose, /^#+ (.+)$/gm).map(toAnchor),
  }
}

/** As GitHub makes them. */
function toAnchor(heading: string): string {
  return `#${heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')}`
}

function captured(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].flatMap(([, part]) => part ?? [])
}
