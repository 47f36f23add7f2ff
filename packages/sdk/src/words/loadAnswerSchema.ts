import type { AnswerSchema, ValueOf } from "./AnswerSchema.ts"
import { loadCode } from "./loadCode.ts"
import type { GenerationPart } from "./Generation.ts"
import type { JsonSchema } from "./Constraint.ts"
import type { GenerateRequest } from "./Request.ts"

/** A schema that was read, and what makes values of the parts of one answer. */
export interface LoadedSchema<Value> {
  readonly json: JsonSchema
  readonly objects: { readonly pass: (part: GenerationPart) => Promise<GenerationPart<Value>> }
}

const load = () => loadCode(() => import("./readAnswerSchema.ts"))

/**
 * Checks the form of a generation.
 *
 * @throws InvalidRequestError
 * @throws CodeLoadError
 */
export const loadAndCheckForm = async (request: Pick<GenerateRequest, "constraint">): Promise<void> =>
  (await load()).checkForm(request)

/**
 * Reads the schema of one answer.
 *
 * @throws InvalidRequestError for what is no schema
 * @throws CodeLoadError
 */
export async function loadAnswerSchema<const S extends AnswerSchema>(schema: S): Promise<LoadedSchema<ValueOf<S>>> {
  const { AnswerObjects, readAnswerSchema } = await load()
  const read = await readAnswerSchema(schema)
  return { json: read.json, objects: new AnswerObjects(read) }
}
