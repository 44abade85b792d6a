import { readFileSync } from 'node:fs'

const folder = new URL('./assets/', import.meta.url)

/** What a page loads, by its path. */
export const assets: Record<string, { type: string; content: string }> = {
  '/style.css': { type: 'text/css', content: readFileSync(new URL('style.css', folder), 'utf8') },
  '/script.js': { type: 'text/javascript', content: readFileSync(new URL('script.js', folder), 'utf8') },
}
