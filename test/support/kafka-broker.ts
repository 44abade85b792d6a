import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { holdPort } from './held-ports.ts'
import { startNode } from './kafka-node.ts'
import { makeUuid, nodeProperties, type Properties } from './kafka-properties.ts'
import { secureListener } from './kafka-tls.ts'
import { makeOwnCertificate } from './own-certificate.ts'

export type Broker = Awaited<ReturnType<typeof startBroker>>

/**
 * A Kafka broker of its own on 127.0.0.1, with no topic and no automatic topics. It ends with this process, however
 * that ends.
 * @param options `port`: of its plain listener, else one of its own; `password`: a second listener is opened, with TLS
 * and SASL, for the user `adapter`; `properties`: of the server, above all others
 */
export async function startBroker(
  options: { port?: number; password?: string; properties?: Properties } = {},
) {
  const folder = await makeFolder()
  // A broker's properties name its ports before it listens, and it needs the same ones after it was killed.
  const held = await Promise.all([holdPort(), holdPort(), holdPort()])
  const [plain, controller, secure] = held
  const addresses = {
    id: 1,
    plain: `127.0.0.1:${options.port ?? plain.port}`,
    controller: `127.0.0.1:${controller.port}`,
  }
  const secureAddress = `127.0.0.1:${secure.port}`
  const { password } = options
  const certificate = password ? await makeOwnCertificate(folder) : undefined
  const listener = password
    ? ({ name: 'SECURE', address: secureAddress, advertised: secureAddress } as const)
    : undefined

  const node = await startNode({
    id: 1,
    address: addresses.plain,
    folder,
    properties: {
      ...nodeProperties(addresses, { folder, nodes: [addresses], listener }),
      ...(password && certificate && secureListener(certificate, password)),
      ...options.properties,
    },
    clusterId: makeUuid(),
    ...(password && { scram: `SCRAM-SHA-512=[name=adapter,password=${password}]` }),
  })
  return {
    ...node,
    brokers: [addresses.plain],
    nodes: [node],
    secureBrokers: [secureAddress],
    caFile: certificate?.caFile ?? '',
    stop: async () => {
      await node.remove()
      for (const { release } of held) release()
    },
  }
}

export function makeFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'kafka-'))
}
