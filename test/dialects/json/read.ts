import { readRequest } from '../../../src/zonal/dialects/json/read-request.ts'
import { readContentType } from '../../../src/zonal/http/decode.ts'

/** @returns what the JSON dialect reads of a text that was sent to a path below the base path */
export function read(path: string, text: string, contentType = 'application/json') {
  return readRequest({ path, mediaType: readContentType(contentType).mediaType, text })
}
