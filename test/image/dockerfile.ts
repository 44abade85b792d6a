import { readFileSync } from 'node:fs'

export type Step = { keyword: string; words: string }
export type Stage = { base: string; name: string | undefined; steps: Step[] }

const root = new URL('../../', import.meta.url)

/**
 * As much of the format as this repository's Dockerfile uses; it refuses what it does not know.
 * @param given values for ARGs above the first FROM, in place of their defaults
 */
export function readDockerfile(given: Record<string, string> = {}) {
  const args: Record<string, string> = {}
  const stages: Stage[] = []
  for (const step of readSteps(readFileSync(new URL('Dockerfile', root), 'utf8'))) {
    const stage = stages.at(-1)
    if (step.keyword === 'FROM') stages.push(readFrom(substitute(step.words, args)))
    else if (stage) stage.steps.push(step)
    else Object.assign(args, readArg(step, given))
  }
  return { args, stages }
}

/** @returns the ARG with its value: what is given for it, else its default */
export function readArg({ keyword, words }: Step, given: Record<string, string>): Record<string, string> {
  const [, name, fallback = ''] = /^(\w+)(?:=(\S+))?$/.exec(words) ?? []
  if (keyword !== 'ARG' || !name) throw new Error(`Dockerfile: not understood: ${keyword} ${words}`)
  return { [name]: given[name] ?? fallback }
}

/** @returns each name and value of `A=1 B="two words"`, with ARGs put in */
export function readPairs(words: string, args: Record<string, string>): Record<string, string> {
  const pairs = [...words.matchAll(/([\w.]+)=(?:"([^"]*)"|(\S+))/g)]
  return Object.fromEntries(
    pairs.map(([, name = '', quoted, plain = '']) => [name, substitute(quoted ?? plain, args)]),
  )
}

/** @returns the environment that the image gives to its process */
function readImageEnv(): Record<string, string> {
  const steps = readDockerfile().stages.at(-1)?.steps ?? []
  const pairs = steps.filter(({ keyword }) => keyword === 'ENV').map(({ words }) => readPairs(words, {}))
  return Object.assign({}, ...pairs) as Record<string, string>
}

/** @returns how Node and its memory are set in the image: for whoever measures the service outside of it */
export function readNodeSettings(): Record<'NODE_OPTIONS' | 'MALLOC_ARENA_MAX', string> {
  const { NODE_OPTIONS = '', MALLOC_ARENA_MAX = '' } = readImageEnv()
  return { NODE_OPTIONS, MALLOC_ARENA_MAX }
}

/** @returns the parts of `COPY --from=build --chown=1:1 a b to/` */
export function readCopy(words: string) {
  const parts = words.split(/\s+/)
  const options = parts.filter((part) => part.startsWith('--'))
  const unknown = options.find((option) => !/^--(from|chown)=/.test(option))
  if (unknown) throw new Error(`Dockerfile: not understood: ${unknown}`)
  const option = (name: string) => options.find((part) => part.startsWith(`--${name}=`))?.split('=')[1]
  const paths = parts.slice(options.length)
  const to = paths.pop() ?? ''
  return { from: option('from'), owner: option('chown'), paths, to }
}

/** @returns the patterns of .dockerignore that let something in; all else is kept out */
export function readAdmitted(): string[] {
  const lines = readFileSync(new URL('.dockerignore', root), 'utf8').split('\n')
  const [first, ...rest] = lines.filter((line) => line !== '' && !line.startsWith('#'))
  if (first !== '*' || !rest.every((line) => /^![\w./-]+$/.test(line)))
    throw new Error('.dockerignore: keep out everything by *, then let in by !name')
  return rest.map((line) => line.slice(1))
}

function readSteps(text: string): Step[] {
  const lines = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
  return lines.filter(Boolean).map((line) => {
    const [, keyword = '', words = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? []
    return { keyword, words }
  })
}

function readFrom(words: string): Stage {
  const [, base, name] = /^(\S+)(?: AS (\w+))?$/.exec(words) ?? []
  if (!base) throw new Error(`Dockerfile: not understood: FROM ${words}`)
  return { base, name, steps: [] }
}

function substitute(text: string, args: Record<string, string>): string {
  return text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = args[name]
    if (value === undefined) throw new Error(`Dockerfile: ${name} is not an ARG here`)
    return value
  })
}
