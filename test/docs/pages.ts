import { readdirSync, readFileSync } from 'node:fs'

/** What a page shows between ``` lines, and in which language. */
export type Fence = { language: string; text: string }

export type Page = {
  name: string
  url: URL
  text: string
  /** Its text without what stands between ``` lines. */
  prose: string
  fences: Fence[]
  /** What stands between backticks in running text. */
  codeSpans: string[]
  /** Targets of its links, as they are written. */
  links: string[]
  /** Its headings as link targets: `#not-here-yet`. */
  anchors: string[]
}

export const root = new URL('../../', import.meta.url)

/** One in a list is indented. */
const fencePattern = /^( *)```(\w*)\n(.*?)^\1```$/gms

/** Folders with pages of others, and with the output of commands. */
const foreign = new Set(['node_modules', 'dist', 'data', 'coverage'])

/** @returns the names of all Markdown files of the project, from the root of the repository */
export function findPages(folder = ''): string[] {
  return readdirSync(new URL(folder, root), { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith('.') || foreign.has(entry.name)) return []
    if (entry.isDirectory()) return findPages(`${folder}${entry.name}/`)
    return entry.name.endsWith('.md') ? [`${folder}${entry.name}`] : []
  })
}

/** @param name of a Markdown file, from the root of the repository */
export function readPage(name: string): Page {
  const url = new URL(name, root)
  const text = readFileSync(url, 'utf8')
  const prose = text.replace(fencePattern, '')
  return {
    name,
    url,
    text,
    prose,
    fences: [...text.matchAll(fencePattern)].map(([, indent = '', language = '', shown = '']) => ({
      language,
      text: shown.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
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
