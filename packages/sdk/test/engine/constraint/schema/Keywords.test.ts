/** No keyword of JSON Schema is passed over: each is kept to, refused by its path, or says nothing of a value. */
// oxlint-disable unicorn/no-thenable -- it is a keyword of JSON Schema
import { createRequire } from "node:module"
import { assert, describe, it } from "@effect/vitest"
import { isRecord } from "../../../../src/words/Json.ts"
import { InvalidRequestError } from "../../../../src/words/Errors.ts"
import type { JsonSchema } from "../../../../src/words/Constraint.ts"
import { letsThrough, schemaAutomaton } from "../../../fixtures/constraint.ts"

const require = createRequire(import.meta.url)
/** The schemas of schemas, as json-schema.org publishes them: what a keyword is they say. */
const drafts: Readonly<Record<string, ReadonlyArray<string>>> = {
  "draft-07": ["json-schema-draft-07"],
  "2020-12": [
    "json-schema-2020-12/schema",
    ...["core", "applicator", "unevaluated", "validation", "meta-data", "format-annotation", "content"].map(
      (name) => `json-schema-2020-12/meta/${name}`,
    ),
  ],
}

function keywordsOf(files: ReadonlyArray<string>): ReadonlyArray<string> {
  const names = files.flatMap((file) => {
    const schema: unknown = require(`ajv/dist/refs/${file}.json`)
    const properties = isRecord(schema) ? schema["properties"] : undefined
    return isRecord(properties) ? Object.keys(properties) : []
  })
  return [...new Set(names)]
}

/** Which say nothing that a value could break. */
const annotations = new Set([
  "$id",
  "$schema",
  "$comment",
  "$anchor",
  "$defs",
  "definitions",
  "title",
  "description",
  "default",
  "examples",
  "deprecated",
  "readOnly",
  "writeOnly",
])

/** Of each other keyword a schema that has it, and a value that breaks it. */
const uses: Readonly<Record<string, readonly [schema: JsonSchema, broken: unknown]>> = {
  $ref: [{ $ref: "#/$defs/a", $defs: { a: { type: "null" } } }, 1],
  $dynamicRef: [{ $dynamicRef: "#a", $defs: { a: { $anchor: "a", type: "null" } } }, 1],
  $dynamicAnchor: [{ $dynamicAnchor: "a", type: "null" }, 1],
  $recursiveRef: [{ properties: { a: { $recursiveRef: "#" } }, type: "object" }, { a: 1 }],
  $recursiveAnchor: [{ $recursiveAnchor: true, type: "null" }, 1],
  $vocabulary: [{ $vocabulary: { "https://example.com/own": true }, type: "null" }, 1],
  type: [{ type: "string" }, 1],
  enum: [{ enum: [1, 2] }, 3],
  const: [{ const: 1 }, 2],
  multipleOf: [{ type: "number", multipleOf: 0.5 }, 0.25],
  maximum: [{ type: "number", maximum: 5 }, 6],
  exclusiveMaximum: [{ type: "number", exclusiveMaximum: 5 }, 5],
  minimum: [{ type: "number", minimum: 5 }, 4],
  exclusiveMinimum: [{ type: "number", exclusiveMinimum: 5 }, 5],
  maxLength: [{ type: "string", maxLength: 1 }, "ab"],
  minLength: [{ type: "string", minLength: 1 }, ""],
  pattern: [{ type: "string", pattern: "^a$" }, "b"],
  format: [{ type: "string", format: "date" }, "today"],
  contentEncoding: [{ type: "string", contentEncoding: "base64" }, "?"],
  contentMediaType: [{ type: "string", contentMediaType: "application/json" }, "{"],
  contentSchema: [{ type: "string", contentMediaType: "application/json", contentSchema: { type: "null" } }, "1"],
  items: [{ type: "array", items: { type: "null" } }, [1]],
  prefixItems: [{ type: "array", prefixItems: [{ type: "null" }], minItems: 0 }, [1]],
  additionalItems: [{ type: "array", items: [{ type: "null" }], additionalItems: false }, [null, 1]],
  unevaluatedItems: [{ type: "array", prefixItems: [{ type: "null" }], unevaluatedItems: false }, [null, 1]],
  maxItems: [{ type: "array", maxItems: 1 }, [1, 2]],
  minItems: [{ type: "array", minItems: 1 }, []],
  uniqueItems: [{ type: "array", uniqueItems: true }, [1, 1]],
  contains: [{ type: "array", contains: { const: 1 } }, [2]],
  maxContains: [{ type: "array", maxContains: 1 }, [1]],
  minContains: [{ type: "array", minContains: 1 }, []],
  maxProperties: [
    { type: "object", additionalProperties: true, maxProperties: 1 },
    { a: 1, b: 2 },
  ],
  minProperties: [{ type: "object", additionalProperties: true, minProperties: 1 }, {}],
  required: [{ type: "object", required: ["a"] }, {}],
  properties: [{ type: "object", properties: { a: { type: "null" } } }, { a: 1 }],
  patternProperties: [{ type: "object", patternProperties: { "^a": { type: "null" } } }, { a: 1 }],
  additionalProperties: [{ type: "object", properties: { a: {} }, additionalProperties: false }, { b: 1 }],
  unevaluatedProperties: [{ type: "object", properties: { a: {} }, unevaluatedProperties: false }, { b: 1 }],
  propertyNames: [{ type: "object", propertyNames: { pattern: "^a$" } }, { b: 1 }],
  dependencies: [{ type: "object", dependencies: { a: ["b"] } }, { a: 1 }],
  dependentRequired: [{ type: "object", dependentRequired: { a: ["b"] } }, { a: 1 }],
  dependentSchemas: [{ type: "object", dependentSchemas: { a: false } }, { a: 1 }],
  allOf: [{ allOf: [{ type: "null" }] }, 1],
  anyOf: [{ anyOf: [{ type: "null" }] }, 1],
  oneOf: [{ oneOf: [{ type: "null" }] }, 1],
  not: [{ not: { type: "string" } }, "a"],
  if: [{ if: { type: "string" }, then: { minLength: 1 } }, ""],
  then: [{ then: { type: "null" } }, 1],
  else: [{ else: { type: "null" } }, 1],
}

/** How a schema comes out: refused with the keyword in the error's path, or as what lets a value through. */
function outcome(schema: JsonSchema, value: unknown): "refused" | "kept" | "passed over" {
  try {
    return letsThrough(schemaAutomaton(schema), JSON.stringify(value)) ? "passed over" : "kept"
  } catch (error) {
    if (error instanceof InvalidRequestError) return "refused"
    throw error
  }
}

describe.each(Object.entries(drafts))("of %s", (_draft, files) => {
  it.each(keywordsOf(files).filter((keyword) => !annotations.has(keyword)))("%s is not passed over", (keyword) => {
    const [schema, broken] = uses[keyword] ?? assert.fail(`there is no case of ${keyword}`)
    // Where it stands in another schema, it is met as well.
    for (const [whole, value] of [
      [schema, broken],
      [{ type: "object", properties: { a: schema }, required: ["a"], $defs: nestedDefs(schema) }, { a: broken }],
    ] as const) {
      assert.notStrictEqual(outcome(whole, value), "passed over", JSON.stringify(whole))
    }
  })
})

/** References are from the root on. */
const nestedDefs = (schema: JsonSchema): unknown => (isRecord(schema) ? (schema["$defs"] ?? {}) : {})

describe("what is no keyword", () => {
  it.each(["minlength", "maxLenght", "optional", "units", "$dynamicanchor"])("%s is refused by its path", (name) => {
    try {
      schemaAutomaton({ type: "object", properties: { a: { type: "string", [name]: 1 } } })
      assert.fail("it was passed over")
    } catch (error) {
      assert.instanceOf(error, InvalidRequestError)
      assert.isTrue(error.option.startsWith("schema.properties.a"), error.option)
      assert.include(error.option, name)
    }
  })
})
