import type { AnswerSchema, EffectSchema, StandardSchema, ValueOf } from "./AnswerSchema.ts"
import { loadCode } from "./loadCode.ts"
import type { GenerationPart } from "./Generation.ts"
import type { JsonSchema } from "./Constraint.ts"
import { isRecord, type JsonRecord } from "./Json.ts"
import type { GenerateRequest } from "./Request.ts"
import type { Tool } from "./Tool.ts"

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

/**
 * Tools whose parameters are JSON Schemas: a schema of a library tells its own.
 *
 * @param tools as they were given, of whatever type.
 * @throws InvalidRequestError that names the parameters which are no schema
 * @throws CodeLoadError
 */
export async function loadToolSchemas<Tools>(tools: Tools): Promise<Tools> {
  if (!Array.isArray(tools) || !tools.some(hasLibrarySchema)) return tools
  const { readAnswerSchema } = await load()
  const read = tools.map(async (tool, i) =>
    hasLibrarySchema(tool)
      ? { ...tool, parameters: (await readAnswerSchema(tool.parameters, `tools[${i}].parameters`)).json }
      : tool,
  )
  // What they are is not changed, but for how their parameters are said.
  return (await Promise.all(read)) as Tools
}

/**
 * What a tool is run with.
 *
 * @throws InvalidObjectError for arguments that the validator of its parameters refuses
 */
export async function loadToolInput(tool: Pick<Tool, "parameters">, input: JsonRecord): Promise<JsonRecord> {
  if (!hasLibrarySchema(tool)) return input
  const { validate } = await (await load()).readAnswerSchema(tool.parameters)
  // `defineTool` says that its `run` takes what its validator gives.
  return (await validate(input, JSON.stringify(input))) as JsonRecord
}

interface LibraryTool {
  readonly parameters: StandardSchema | EffectSchema
}

function hasLibrarySchema(tool: unknown): tool is LibraryTool {
  const parameters = isRecord(tool) ? tool["parameters"] : undefined
  const isObject = (typeof parameters === "object" && parameters !== null) || typeof parameters === "function"
  return isObject && ("~standard" in parameters || "~effect/Schema/Schema" in parameters)
}
