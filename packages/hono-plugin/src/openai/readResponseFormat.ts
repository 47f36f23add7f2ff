/** The form of an answer, as OpenAI's API asks for it. */
import { isRecord, type JsonSchema } from "@facet/sdk/words"
import { badRequest, unsupported } from "./ApiError.ts"
import { kindOf, type RequestFields } from "./RequestFields.ts"

/** Of JSON without a schema. */
const anyObject: JsonSchema = { type: "object" }

/**
 * `response_format` of a chat, where a schema stands in `json_schema`.
 *
 * @returns the schema that the answer is held to; undefined for a text.
 * @throws ApiError that names the field that is wrong.
 */
export const readResponseFormat = (fields: RequestFields): JsonSchema | undefined =>
  readFormat(fields.object("response_format"), (format) => {
    const named = format.object("json_schema")
    if (named === undefined) throw badRequest(format.at("json_schema"), "it is missing.", "missing_required_parameter")
    const schema = readNamedSchema(named)
    named.finish()
    return schema
  })

/** `text.format` of a response, where a schema stands beside its type. */
export const readTextFormat = (text: RequestFields | undefined): JsonSchema | undefined =>
  readFormat(text?.object("format"), readNamedSchema)

function readFormat(
  format: RequestFields | undefined,
  readSchema: (format: RequestFields) => JsonSchema,
): JsonSchema | undefined {
  if (format === undefined) return undefined
  const schema = schemaOf(format, readSchema)
  format.finish()
  return schema
}

function schemaOf(format: RequestFields, readSchema: (format: RequestFields) => JsonSchema): JsonSchema | undefined {
  const type = format.text("type")
  switch (type) {
    case undefined:
      throw badRequest(format.at("type"), "it is missing.", "missing_required_parameter")
    case "text":
      return undefined
    case "json_object":
      return anyObject
    case "json_schema":
      return readSchema(format)
    default:
      throw unsupported(format.at("type"), "it is not text, json_object or json_schema.")
  }
}

/** A name asks for nothing, and without `strict` an answer is held to the schema all the same. */
function readNamedSchema(fields: RequestFields): JsonSchema {
  fields.text("name")
  fields.flag("strict")
  fields.warn("description", "the model is not told of it. Say in the prompt what you want.")
  const schema = fields.value("schema") ?? anyObject
  if (typeof schema === "boolean" || isRecord(schema)) return schema
  throw badRequest(fields.at("schema"), `${kindOf(schema)} where a JSON Schema is expected.`, "invalid_type")
}
