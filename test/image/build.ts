import { execFile } from 'node:child_process'
import { mkdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { makeBase } from './bases.ts'
import { spawnBuildStep, type Image } from './container.ts'
import { readAdmitted, readArg, readCopy, readDockerfile, readPairs, type Step } from './dockerfile.ts'

const run = promisify(execFile)
const context = fileURLToPath(new URL('../../', import.meta.url))

type Build = {
  image: Image
  /** ARGs of this stage. */
  args: Record<string, string>
  /** Earlier stages by their names. */
  stages: Map<string, Image>
}

/**
 * Does what the Dockerfile says, line by line, each stage in a folder of its own below `folder`.
 * @param given as `--build-arg`
 * @returns the last stage
 */
export async function buildImage(folder: string, given: Record<string, string>): Promise<Image> {
  const dockerfile = readDockerfile(given)
  const known = { ...dockerfile.args, ...given }
  const stages = new Map<string, Image>()
  let image: Image | undefined
  for (const [index, { base, name, steps }] of dockerfile.stages.entries()) {
    image = await begin(base, join(folder, String(index)), stages)
    const args: Record<string, string> = {}
    for (const step of steps) {
      if (step.keyword === 'ARG') Object.assign(args, readArg(step, known))
      else await perform(step, { image, args, stages })
    }
    if (name) stages.set(name, image)
  }
  if (!image) throw new Error('Dockerfile: no stage')
  return image
}

async function begin(base: string, root: string, stages: Map<string, Image>): Promise<Image> {
  const earlier = stages.get(base)
  if (!earlier) return makeBase(base, root)
  await run('cp', ['-al', earlier.root, root])
  return { ...earlier, root, env: { ...earlier.env } }
}

async function perform({ keyword, words }: Step, build: Build) {
  const { image, args } = build
  switch (keyword) {
    case 'LABEL':
      return Object.assign(image.labels, readPairs(words, args))
    case 'ENV':
      return Object.assign(image.env, readPairs(words, args))
    case 'WORKDIR':
      image.workdir = words
      return mkdir(join(image.root, words), { recursive: true })
    case 'COPY':
      return copy(words, build)
    case 'RUN':
      return runStep(image, words)
    case 'USER':
      return (image.user = words)
    case 'EXPOSE':
      return image.ports.push(...words.split(' '))
    case 'CMD':
      return (image.command = JSON.parse(words) as string[])
    default:
      throw new Error(`Dockerfile: not understood: ${keyword}`)
  }
}

async function copy(words: string, { image, stages }: Build) {
  const { from, owner, paths, to } = readCopy(words)
  const target = join(image.root, to.startsWith('/') ? to : join(image.workdir, to))
  for (const path of paths) {
    const source = from ? join(stageOf(from, stages).root, path) : fromContext(path)
    const isFolder = (await stat(source)).isDirectory()
    const placed = to.endsWith('/') && !isFolder ? join(target, basename(path)) : target
    await mkdir(join(placed, '..'), { recursive: true })
    // As with an engine, everything from the context belongs to root.
    await run('cp', [from ? '-a' : '-R', '--no-target-directory', source, placed])
    if (owner) await run('chown', ['-R', owner, placed])
  }
}

function stageOf(name: string, stages: Map<string, Image>): Image {
  const stage = stages.get(name)
  if (!stage) throw new Error(`Dockerfile: there is no stage ${name}`)
  return stage
}

function fromContext(path: string): string {
  if (!readAdmitted().includes(path)) throw new Error(`.dockerignore keeps ${path} out`)
  return join(context, path)
}

async function runStep(image: Image, step: string) {
  const child = spawnBuildStep(image, step)
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve, reject) => child.once('close', resolve).once('error', reject)),
  ])
  if (code !== 0) throw new Error(`exit ${String(code)} of RUN ${step}\n${stdout}\n${stderr}`)
}
