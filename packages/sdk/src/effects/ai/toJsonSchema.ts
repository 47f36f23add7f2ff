/** Effect's schemas as the forms that a text is held to. */
import type * as LanguageModel from "effect/ai/LanguageModel"
import * as Schema from "effect/Schema"
import type { JsonSchema } from "../../words/Constraint.ts"

/**
 * The JSON Schema of a schema's JSON, with its definitions in it, where references look for them. Properties that the schema
 * does not name are none: it would leave them open, and the model would write some.
 *
 * @throws Error for what has no JSON
 */
export function toJsonSchema(schema: Schema.Constraint): Extract<JsonSchema, object> {
  const document = Schema.toJsonSchemaDocument(schema, { onExcessProperty: "error" })
  return Object.keys(document.definitions).length === 0
    ? document.schema
    : { ...document.schema, $defs: document.definitions }
}

/** What is written is the schema's JSON, in which a date is a text: it is read by the codec of that, and not by the schema's own. */
export const codecTransformer: LanguageModel.CodecTransformer = (schema) => ({
  codec: Schema.toCodecJson(schema),
  jsonSchema: { ...toJsonSchema(schema) },
})
