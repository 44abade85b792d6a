import { execFile, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const kafkaVersion = '4.3.1'
const cache = join(import.meta.dirname, '../../.cache')
const jars = join(cache, `kafka-${kafkaVersion}`)

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${kafkaVersion}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`

/** @returns the programs that a local broker needs and this machine has not */
export function missingPrograms(): string[] {
  const needed = existsSync(jars) ? [['java', '-version']] : [['java', '-version'], ['mvn', '--version']] // prettier-ignore
  return needed.flatMap(([program = '', flag = '']) => (spawnSync(program, [flag]).error ? [program] : []))
}

/**
 * @returns a class path with Kafka on it; fetched from Maven Central the first time (44 MB)
 * @throws where Maven cannot fetch it
 */
export async function kafkaClassPath(): Promise<string> {
  if (!existsSync(jars)) await fetchJars()
  return join(jars, '*')
}

/** Two processes may fetch at once: each into a folder of its own, and the first to end gives its folder the name. */
async function fetchJars() {
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(`${jars}.`)
  await writeFile(join(folder, 'pom.xml'), pom)
  try {
    await promisify(execFile)(
      'mvn',
      ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${folder}`],
      {
        cwd: folder,
      },
    )
    await rename(folder, jars)
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    if (!existsSync(jars)) throw error
  }
}
