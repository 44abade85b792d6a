import type { OwnCertificate } from './own-certificate.ts'

/**
 * @param password of the user `adapter`
 * @returns server properties of the listener SECURE: TLS, and SASL by PLAIN and SCRAM-SHA-512
 */
export function secureListener(
  { keystore, password: keyPassword }: OwnCertificate,
  password: string,
): Record<string, string> {
  const loginModule = (name: string, users: string) =>
    `org.apache.kafka.common.security.${name} required ${users};`
  const prefix = 'listener.name.secure'
  return {
    [`${prefix}.ssl.keystore.type`]: 'PKCS12',
    [`${prefix}.ssl.keystore.location`]: keystore,
    [`${prefix}.ssl.keystore.password`]: keyPassword,
    [`${prefix}.ssl.key.password`]: keyPassword,
    [`${prefix}.sasl.enabled.mechanisms`]: 'PLAIN,SCRAM-SHA-512',
    [`${prefix}.plain.sasl.jaas.config`]: loginModule('plain.PlainLoginModule', `user_adapter="${password}"`),
    [`${prefix}.scram-sha-512.sasl.jaas.config`]: loginModule('scram.ScramLoginModule', ''),
  }
}
