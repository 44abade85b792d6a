import $RefParser from '@apidevtools/json-schema-ref-parser'
import SwaggerParser from '@apidevtools/swagger-parser'
import asyncApiSchema from '@asyncapi/specs/schemas/3.0.0.json' with { type: 'json' }
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { parseDocument, visit } from 'yaml'
import { z } from 'zod'
import { readOutcome } from '../../src/trifft/outcomes.ts'
import { readerOf } from '../../src/trifft/reading.ts'
import { codes, Refusal, type Code } from '../../src/model/refusal.ts'
import { lookUp } from '../../src/zonal/catalogue.ts'
import { coreParts } from '../trifft/setup.ts'
import { createChecker, documentPath, readDocument, type Json } from './documents.ts'
import { examplesIn, strayProperties, type Example } from './examples.ts'

const openApiFiles = ['zonal-izone.openapi.yaml', 'trifft-core.openapi.yaml']
const fewestExamples = {
  'zonal-izone.openapi.yaml': 12,
  'trifft-core.openapi.yaml': 10,
  'tickets.asyncapi.yaml': 8,
}

describe('the API documents', () => {
  for (const file of openApiFiles)
    it(`are valid: ${file} is OpenAPI 3.1`, async () => {
      expect(await SwaggerParser.validate(documentPath(file))).to.have.property('openapi', '3.1.0')
    })

  it('are valid: tickets.asyncapi.yaml is AsyncAPI 3.0', async () => {
    // The schema of AsyncAPI includes draft 7, so Ajv must not have it already.
    const ajv = new Ajv({ strict: false, meta: false, validateSchema: false })
    addFormats.default(ajv)
    const validate = ajv.compile(asyncApiSchema)
    validate(await $RefParser.parse(documentPath('tickets.asyncapi.yaml')))
    expect(validate.errors ?? []).to.deep.equal([])
  })

  for (const [file, least] of Object.entries(fewestExamples)) {
    it(`give examples that match their schemas: ${file}`, async () => {
      const problemsOf = createChecker()
      const examples = examplesIn(await readDocument(file))
      expect(examples).to.have.length.least(least)
      expect(examples.flatMap((each) => problemsOf(each.value, each.schema).map(at(each)))).to.deep.equal([])
    })

    it(`give examples with no property that their schemas do not have: ${file}`, async () => {
      const examples = examplesIn(await readDocument(file))
      const stray = examples.flatMap((each) => strayProperties(each.value, [each.schema]).map(at(each)))
      expect(stray).to.deep.equal([])
    })

    it(`have schemas with valid keywords only: ${file}`, async () => {
      const problemsOf = createChecker()
      const document = await readDocument(file)
      const schemas = [...find(document, 'schema'), ...Object.values(document.components?.schemas ?? {})]
      expect(schemas).to.have.length.above(3)
      for (const schema of schemas) expect(() => problemsOf({}, schema ?? {})).not.to.throw()
    })

    it(`have patterns that mean the same to every tool: ${file}`, async () => {
      const patterns = patternsIn(await readDocument(file))
      expect(patterns).to.have.length.least(3)
      // Many tools do not support \p and \u, and some nothing that begins with (? either.
      for (const pattern of patterns) expect(pattern).not.to.match(/\\[^dswx.]|\(\?/)
    })

    it(`have no text that YAML ends at a comma: ${file}`, () => {
      expect(keysWithoutValue(readFileSync(documentPath(file), 'utf8'))).to.deep.equal([])
    })
  }

  it('would fail this check with a text that YAML ends at a comma, but not with a null', () => {
    const slip = 'code: { type: string, description: Stable; more may be added, none renamed. }'
    expect(keysWithoutValue(`${slip}\nnothing: { points: null }`)).to.deep.equal(['none renamed.'])
  })
})

describe('the POS document', () => {
  it('has every code of the catalogue, each under its status, and no other', async () => {
    const document = await readDocument('zonal-izone.openapi.yaml')
    const responses = find(document, 'responses').flatMap((each) => Object.entries(each))
    const documented = new Map<string, Set<string>>()
    for (const [status, response] of responses)
      for (const code of codesIn(response?.content?.['application/json']?.schema))
        documented.set(code, (documented.get(code) ?? new Set()).add(status))

    expect([...documented.keys()].sort()).to.deep.equal([...codes].sort())
    for (const [code, statuses] of documented) {
      const { status } = lookUp(code as Code, 'en')
      // 200 besides another status: FAILURE_HTTP_STATUS and INVALID_TICKET_HTTP_STATUS.
      const known = [...statuses].filter((each) => /^\d{3}$/.test(each))
      expect(known, code).to.include(String(status))
      expect(new Set(['200', String(status)]), code).to.include.all.keys(known)
    }
  })
})

describe('the core document', () => {
  it('has exactly the operations that we call, and says of each what is documented and what is assumed', async () => {
    const { client } = coreParts()
    const document = await readDocument('trifft-core.openapi.yaml')
    const operations = Object.values(document.paths ?? {}).flatMap((item) => [
      item?.get ?? [],
      item?.post ?? [],
    ])
    const found = operations.flat()
    expect(found.map((each) => each.operationId)).to.have.members(Object.keys(client.states()))
    for (const operation of found) {
      expect(operation['x-evidence'], String(operation.operationId)).to.be.oneOf(['documented', 'assumed'])
      expect(String(operation['x-assumed'] ?? '')).to.have.length.above(10)
    }
    await client.close()
  })

  it('has the code that the till gets for each exception, in both forms', async () => {
    const exceptions = (await readDocument('trifft-core.openapi.yaml'))['x-exceptions'] ?? {}
    expect(Object.keys(exceptions)).to.have.length.above(10)
    for (const [exception, said] of Object.entries(exceptions)) {
      const status = Number(said?.status)
      const error = { code: status, message: 'No.', exception }
      for (const body of [
        { status, success: false, error },
        { event_id: 'e', ...error },
      ])
        expect(codeOf(status, body), exception).to.equal(said?.code)
    }
  })
})

function codeOf(status: number, body: object): Code | undefined {
  try {
    readOutcome('redeemCoupon', readerOf(z.never()), { status, body, retryAfter: undefined }, 0)
    return undefined
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
}

/** @returns what stands under a name, anywhere in a document */
function find(part: unknown, name: string): Json[] {
  if (typeof part !== 'object' || part === null) return []
  return Object.entries(part).flatMap(([key, value]) =>
    key === name && isMap(value) ? [value, ...find(value, name)] : find(value, name),
  )
}

function at({ at }: Example) {
  return (problem: string) => `${at}: ${problem}`
}

function patternsIn(document: Json): string[] {
  const patterns = new Set<string>()
  JSON.stringify(document, (name, value: unknown) => {
    if (name === 'pattern' && typeof value === 'string') patterns.add(value)
    return value
  })
  return [...patterns]
}

/** In `{ text: one, two }` the text is "one", and "two" is a key. */
function keysWithoutValue(yaml: string): string[] {
  const keys: string[] = []
  visit(parseDocument(yaml), { Pair: (_, { key, value }) => void (value ?? keys.push(String(key))) })
  return keys
}

function codesIn(schema: unknown): string[] {
  return find(schema, 'code').flatMap(({ enum: values }) => (Array.isArray(values) ? values.map(String) : []))
}

function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
