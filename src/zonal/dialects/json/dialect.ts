import type { Dialect } from '../../dialect.ts'
import { operations } from '../../../model/words.ts'
import { createNamedRemover, credentialFields } from '../../messages/credential-fields.ts'
import { fieldOf, findSecrets, redactBody, redactReply } from './redact.ts'
import { spell, writeAnswer, writeRefusal } from './replies.ts'
import { claims, operationAt, readRequest } from './read-request.ts'

/** The contract of contracts/zonal-izone.openapi.yaml: modelled, since the plugin's own format is not public. */
export const json: Dialect = {
  name: 'json',
  claims,
  operationAt,
  read: readRequest,
  writeAnswer,
  writeRefusal,
  spell,
  redaction: {
    pathWords: new Set([...operations, 'register']),
    fieldOf,
    findSecrets,
    redactBody,
    redactReply,
    removeCredentials: createNamedRemover(credentialFields),
  },
}
