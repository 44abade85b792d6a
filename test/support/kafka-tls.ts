import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const storePassword = 'changeit'

/**
 * Makes a certificate for 127.0.0.1.
 * @param caFile where the certificate is written as PEM, for clients to trust
 * @param password of the user `adapter`
 * @returns server properties of the listener SECURE: TLS, and SASL by PLAIN and SCRAM-SHA-512
 */
export async function secureListener(
  dataDir: string,
  caFile: string,
  password: string,
): Promise<Record<string, string>> {
  const keystore = join(dataDir, 'broker.p12')
  const keytool = (...args: string[]) =>
    promisify(execFile)('keytool', [
      ...args,
      '-alias',
      'broker',
      '-keystore',
      keystore,
      '-storepass',
      storePassword,
    ])
  await keytool('-genkeypair', '-keyalg', 'EC', '-dname', 'CN=127.0.0.1', '-ext', 'san=ip:127.0.0.1')
  await keytool('-exportcert', '-rfc', '-file', caFile)

  const loginModule = (name: string, users: string) =>
    `org.apache.kafka.common.security.${name} required ${users};`
  const prefix = 'listener.name.secure'
  return {
    [`${prefix}.ssl.keystore.type`]: 'PKCS12',
    [`${prefix}.ssl.keystore.location`]: keystore,
    [`${prefix}.ssl.keystore.password`]: storePassword,
    [`${prefix}.ssl.key.password`]: storePassword,
    [`${prefix}.sasl.enabled.mechanisms`]: 'PLAIN,SCRAM-SHA-512',
    [`${prefix}.plain.sasl.jaas.config`]: loginModule('plain.PlainLoginModule', `user_adapter="${password}"`),
    [`${prefix}.scram-sha-512.sasl.jaas.config`]: loginModule('scram.ScramLoginModule', ''),
  }
}
