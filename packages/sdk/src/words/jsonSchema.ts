import type { StandardSchemaV1 } from "effect/StandardSchema"
import type { StandardSchema } from "./AnswerSchema.ts"
import { isRecord, type JsonRecord } from "./Json.ts"

/**
 * A JSON Schema with the type of its values, which nothing checks; or with a validator of its values, which gives the type.
 *
 * @param schema draft-07 or 2020-12; or a document of Effect's `toJsonSchemaDocument`, whose definitions lie beside its schema.
 * @param validator a Standard Schema, such as one of valibot, or of Effect's `toStandardSchemaV1`.
 * @example
 * const person = jsonSchema<{ name: string }>({
 *   type: "object",
 *   properties: { name: { type: "string", maxLength: 20 } },
 *   required: ["name"],
 * })
 * const { object } = await facet.generate("Tell me about Ada.", { schema: person })
 * console.log(typeof object?.name) // => string
 */
export function jsonSchema<Value = unknown>(
  schema: object,
  validator?: { readonly "~standard": StandardSchemaV1.Props<unknown, Value> },
): Required<StandardSchema<Value>> {
  const told = () => merged(schema)
  return {
    "~standard": {
      version: 1,
      vendor: "facet",
      // Without a validator, the type is what the caller says that it is.
      validate: validator?.["~standard"].validate ?? ((value) => ({ value: value as Value })),
      jsonSchema: { input: told, output: told },
    },
  }
}

/** The references of a document say `#/$defs/…`. */
function merged(schema: object): Record<string, unknown> {
  const { definitions, dialect, schema: root } = schema as JsonRecord
  if (typeof dialect !== "string" || !isRecord(root) || !isRecord(definitions)) return { ...schema }
  return Object.keys(definitions).length === 0 ? root : { ...root, $defs: definitions }
}
