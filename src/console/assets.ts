import { readFileSync } from 'node:fs'

const read = (file: string) => readFileSync(new URL(`./assets/${file}`, import.meta.url), 'utf8')

/** The style that the sandbox's page has too. */
export const baseStyle = read('base.css')

/** What a page loads, by its path. */
export const assets: Record<string, { type: string; content: string }> = {
  '/style.css': { type: 'text/css', content: baseStyle + read('style.css') },
  '/script.js': { type: 'text/javascript', content: read('script.js') },
}
