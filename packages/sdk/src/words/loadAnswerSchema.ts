import type { AnswerSchema, ValueOf } from "./AnswerSchema.ts"
import { CodeLoadError } from "./Errors.ts"
import type { GenerationPart } from "./Generation.ts"
import type { JsonSchema } from "./Constraint.ts"

/** A schema that was read, and what makes values of the parts of one answer. */
export interface LoadedSchema<Value> {
  readonly json: JsonSchema
  readonly objects: { readonly pass: (part: GenerationPart) => Promise<GenerationPart<Value>> }
}

/**
 * Reads the schema of one answer. Its code comes with the first one, as most pages have none.
 *
 * @throws InvalidRequestError for what is no schema
 * @throws CodeLoadError
 */
export async function loadAnswerSchema<const S extends AnswerSchema>(schema: S): Promise<LoadedSchema<ValueOf<S>>> {
  const { AnswerObjects, readAnswerSchema } = await import("./readAnswerSchema.ts").catch((cause: unknown) => {
    const problem = cause instanceof Error ? cause.message : String(cause)
    const remedy = "Check the connection, and ask again."
    throw new CodeLoadError({ what: "The code for schemas", url: "", problem, remedy })
  })
  const read = await readAnswerSchema(schema)
  return { json: read.json, objects: new AnswerObjects(read) }
}
