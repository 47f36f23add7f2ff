/** Reads a schema of Effect. Whoever has one has loaded its library: a page loads this with the first of them. */
import * as Schema from "effect/Schema"
import type { StandardSchemaV1 } from "effect/StandardSchema"
import type { JsonRecord } from "./Json.ts"

/** What an answer is held to, and what makes a value of it. */
export interface ReadEffectSchema {
  readonly json: JsonRecord
  readonly validate: StandardSchemaV1.Props["validate"]
}

/**
 * What is written is the schema's JSON, in which a date is a text: it is read by the codec of that.
 *
 * @throws Error for what has no JSON
 */
export function readEffectSchema(schema: unknown): ReadEffectSchema {
  // Schemas with services have no place in `EffectSchema`.
  const own = schema as Schema.Codec<unknown, unknown>
  return {
    json: effectJsonSchema(own),
    validate: Schema.toStandardSchemaV1(Schema.toCodecJson(own))["~standard"].validate,
  }
}

/**
 * The JSON Schema of a schema's JSON, with its definitions in it, where references look for them. Properties that the schema
 * does not name are none: it would leave them open, and the model would write some.
 *
 * @throws Error for what has no JSON
 */
export function effectJsonSchema(schema: Schema.Constraint): JsonRecord {
  const document = Schema.toJsonSchemaDocument(schema, { onExcessProperty: "error" })
  return Object.keys(document.definitions).length === 0
    ? document.schema
    : { ...document.schema, $defs: document.definitions }
}
