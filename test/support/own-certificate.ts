import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

export type OwnCertificate = {
  /** PKCS #12, with the key. */
  keystore: string
  password: string
  /** The certificate as PEM, for clients to trust. */
  caFile: string
}

/** Makes a certificate for 127.0.0.1, signed by itself, with Java's keytool. @param folder where its files are written */
export async function makeOwnCertificate(folder: string): Promise<OwnCertificate> {
  const own = { keystore: join(folder, 'own.p12'), password: 'changeit', caFile: join(folder, 'ca.pem') }
  const keytool = (...args: string[]) =>
    promisify(execFile)('keytool', [
      ...args,
      ...['-alias', 'own', '-keystore', own.keystore, '-storepass', own.password],
    ])
  await keytool('-genkeypair', '-keyalg', 'EC', '-dname', 'CN=127.0.0.1', '-ext', 'san=ip:127.0.0.1')
  await keytool('-exportcert', '-rfc', '-file', own.caFile)
  return own
}
