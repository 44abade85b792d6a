import $RefParser from '@apidevtools/json-schema-ref-parser'
import addFormats from 'ajv-formats'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { fileURLToPath } from 'node:url'

/** Read from YAML: any part may be missing, so it is asked for by `?.` all the way. */
export type Json = { [name: string]: Json | undefined }

const contracts = new URL('../../contracts/', import.meta.url)
export const documentPath = (file: string) => fileURLToPath(new URL(file, contracts))

/** @returns a document of `contracts/` with every reference resolved, into the schemas too */
export async function readDocument(file: string): Promise<Json> {
  return (await $RefParser.dereference(documentPath(file))) as Json
}

/**
 * Says what in a value a schema does not allow. Draft 2020-12, with the keywords that OpenAPI adds.
 * @throws Error for a schema with a keyword of neither
 */
export function createChecker() {
  const ajv = new Ajv2020({ strict: false, strictSchema: true, allErrors: true })
  ajv.addVocabulary(['discriminator', 'example', 'externalDocs', 'xml'])
  addFormats.default(ajv)
  return function problemsOf(value: unknown, schema: object): string[] {
    const validate = ajv.compile(schema)
    if (validate(value)) return []
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`.trim())
  }
}

/** What an OpenAPI document says of one exchange. */
export function createContract(document: Json) {
  const problemsOf = createChecker()
  const paths = Object.entries(document.paths ?? {}).map(([template, item]) => ({
    item: item ?? {},
    // A plain path goes before one with a parameter in its place.
    pattern: new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`, 'i'),
  }))

  function operation(method: string, path: string): Json | undefined {
    const item = paths.find(({ pattern }) => pattern.test(path))?.item
    return item?.[method.toLowerCase()] ?? item?.post
  }

  return {
    /** @param path below the base address, without its query */
    problemsOfRequest(method: string, path: string, body: unknown): string[] {
      const found = operation(method, path)
      if (!found) return [`${method} ${path} is not documented`]
      const schema = found.requestBody?.content?.['application/json']?.schema
      return schema ? problemsOf(body, schema) : body === undefined ? [] : ['a body is not documented']
    },

    problemsOfReply(method: string, path: string, reply: { status: number; body: unknown }): string[] {
      const responses = operation(method, path)?.responses
      const response =
        responses?.[reply.status] ?? responses?.[`${Math.floor(reply.status / 100)}XX`] ?? responses?.default
      const schema = response?.content?.['application/json']?.schema
      return schema
        ? problemsOf(reply.body, schema)
        : [`${method} ${path}: ${reply.status} is not documented`]
    },
  }
}
