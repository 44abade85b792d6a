import { execFile } from 'node:child_process'
import { chmod, copyFile, mkdir, realpath, symlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Image } from './container.ts'

const run = promisify(execFile)

/** Stand-ins for the images that the Dockerfile starts from, made of what this machine has. */
const bases = [
  { fits: /^node:24\.\d+\.\d+-trixie-slim$/, make: makeOfficialNode },
  { fits: /^gcr\.io\/distroless\/cc-debian13:nonroot$/, make: makeDistroless },
]

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** What an engine passes on to builds as well: how to reach the registry. */
const handedOn = /^(https?_proxy|no_proxy|node_extra_ca_certs|npm_config_registry)$/i

export async function makeBase(name: string, root: string): Promise<Image> {
  const base = bases.find(({ fits }) => fits.test(name))
  if (!base) throw new Error(`there is no stand-in for the image ${name}`)
  await mkdir(root, { recursive: true })
  for (const folder of ['bin', 'lib', 'lib64', 'sbin']) {
    await mkdir(join(root, 'usr', folder), { recursive: true })
    await symlink(`usr/${folder}`, join(root, folder))
  }
  for (const folder of ['etc', 'root', 'tmp', 'usr/local/bin', 'var/lib', 'var/tmp'])
    await mkdir(join(root, folder), { recursive: true })
  await chmod(join(root, 'tmp'), 0o1777)
  const image = { root, workdir: '/', command: [], labels: {}, ports: [] }
  return { ...image, ...(await base.make(root)) }
}

/** This process's Node and npm, where the official image has them; the tools of Debian are mounted into each step. */
async function makeOfficialNode(root: string) {
  const local = join(root, 'usr/local')
  const npm = dirname(dirname(await realpath((await run('which', ['npm'])).stdout.trim())))
  await copyFile(process.execPath, join(local, 'bin/node'))
  await mkdir(join(local, 'lib/node_modules'), { recursive: true })
  await run('cp', ['-a', npm, join(local, 'lib/node_modules/npm')])
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm'))
  const environment = Object.entries(process.env).filter(([name]) => handedOn.test(name))
  return { user: '0:0', env: { ...Object.fromEntries(environment), PATH: path, HOME: '/root' } }
}

/** The libraries of distroless/cc (libc6, libgcc-s1, libstdc++6, and more) that Node needs. */
const distrolessLibraries = /^(ld-linux-x86-64|libc|libdl|libgcc_s|libm|libpthread|libstdc\+\+)\.so\.\d$/

async function makeDistroless(root: string) {
  const { stdout } = await run('ldd', [process.execPath])
  const libraries = [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, file = '']) => file)
  for (const file of libraries) {
    if (!distrolessLibraries.test(basename(file))) throw new Error(`distroless/cc has no ${file}`)
    await mkdir(dirname(join(root, file)), { recursive: true })
    await copyFile(file, join(root, file))
  }
  return { user: '65532:65532', env: { PATH: path, SSL_CERT_FILE: '/etc/ssl/certs/ca-certificates.crt' } }
}
