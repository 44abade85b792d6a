import { execFile, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const kafkaVersion = '4.3.1'
const cache = join(import.meta.dirname, '../../.cache')

type Artifact = 'kafka_2.13' | 'kafka-tools'

export const folderOf = (artifact: Artifact) => join(cache, `${artifact}-${kafkaVersion}`)

const pomOf = (artifact: Artifact) => `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>${artifact}</artifactId><version>${kafkaVersion}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`

/** @returns the programs that a local broker needs and this machine lacks */
export function missingPrograms(): string[] {
  const java = ['java', '-version']
  const needed = existsSync(folderOf('kafka_2.13')) ? [java] : [java, ['mvn', '--version']]
  return needed.flatMap(([program = '', flag = '']) => (spawnSync(program, [flag]).error ? [program] : []))
}

/**
 * @param artifact `kafka_2.13` is the broker, `kafka-tools` are Apache's own tools for it
 * @returns a class path with it; fetched from Maven Central the first time (the broker: 44 MB)
 * @throws if Maven cannot fetch it
 */
export async function kafkaClassPath(artifact: Artifact = 'kafka_2.13'): Promise<string> {
  const jars = folderOf(artifact)
  if (!existsSync(jars)) await fetchJars(artifact, jars)
  return join(jars, '*')
}

/** Two processes may fetch at once: each into a folder of its own, and the first to end gives its folder the name. */
async function fetchJars(artifact: Artifact, jars: string) {
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(`${jars}.`)
  await writeFile(join(folder, 'pom.xml'), pomOf(artifact))
  try {
    const args = ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${folder}`]
    await promisify(execFile)('mvn', args, { cwd: folder })
    await rename(folder, jars)
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    if (!existsSync(jars)) throw error
  }
}
