/** Which tools a request has, and how they may be called. */
import { checkFlag, checkFunction, checkKnown, checkUnicode, show } from "../../words/Checks.ts"
import { checkConstraint, type JsonSchema } from "../../words/Constraint.ts"
import { invalidRequest } from "../../words/Errors.ts"
import type { GenerateOptions } from "../../words/GenerateOptions.ts"
import { isRecord } from "../../words/Json.ts"

/** A tool as a model is told of it. */
export interface ReadTool {
  readonly name: string
  readonly description: string | undefined
  readonly parameters: JsonSchema
  /** Where the parameters stand, as a caller writes it. */
  readonly path: string
}

export interface ReadTools {
  /** What the model is told of. */
  readonly tools: ReadonlyArray<ReadTool>
  /** Those of them that it may call. */
  readonly callable: ReadonlyArray<ReadTool>
  readonly isRequired: boolean
  readonly isParallel: boolean
}

type ToolOptions = Pick<GenerateOptions, "tools" | "toolChoice" | "parallelToolCalls">

/** More would not fit into the context of a model that can choose among them. */
const mostTools = 128

/** As in OpenAI's API. */
const namePattern = /^[\w-]{1,64}$/

/** @throws InvalidRequestError that names the path of what is wrong. */
export function readTools({ parallelToolCalls, toolChoice = "auto", tools: given = [] }: ToolOptions): ReadTools {
  checkFlag("parallelToolCalls", parallelToolCalls)
  if (!Array.isArray(given) || given.length > mostTools) {
    throw invalidRequest("tools", "it is no list of tools, or a very long one", `Pass a list of at most ${mostTools}.`)
  }
  const list: ReadonlyArray<unknown> = given
  const tools = list.map((tool, i) => readTool(tool, `tools[${i}]`))
  checkNames(tools)
  const isParallel = parallelToolCalls ?? false
  if (toolChoice === "none") return { tools: [], callable: [], isRequired: false, isParallel }
  const callable = callableOf(tools, toolChoice)
  return { tools, callable, isRequired: toolChoice !== "auto", isParallel }
}

function readTool(tool: unknown, path: string): ReadTool {
  checkKnown(tool, ["name", "description", "parameters", "run"], path)
  const {
    description,
    name,
    parameters,
    run,
  }: { readonly [Field in "description" | "name" | "parameters" | "run"]?: unknown } = tool
  if (typeof name !== "string" || !namePattern.test(name)) {
    const remedy = "Use letters, digits, _ and -, 64 at most."
    throw invalidRequest(`${path}.name`, `${show(name)} is no name of a tool`, remedy)
  }
  if (description !== undefined) checkUnicode(`${path}.description`, description)
  if (run !== undefined) checkFunction(`${path}.run`, run)
  const at = `${path}.parameters`
  const schema = objectSchema(parameters, at)
  // The model is told of it: what holds itself, or is no data, could not be written down.
  checkConstraint({ type: "schema", schema, path: at }, "constraint")
  return { name, description, parameters: schema, path: at }
}

/** Arguments are an object: what a schema leaves open is not left open here. */
function objectSchema(schema: unknown, path: string): JsonSchema {
  if (schema === undefined) return { type: "object", properties: {}, additionalProperties: false }
  if (schema === true) return { type: "object" }
  if (!isRecord(schema)) throw invalidRequest(path, `${show(schema)} is no schema of an object`, "Pass a JSON Schema.")
  if (schema["type"] === undefined) return { ...schema, type: "object" }
  if (schema["type"] === "object") return schema
  throw invalidRequest(`${path}.type`, `${show(schema["type"])} where arguments are an object`, 'Use "object".')
}

function checkNames(tools: ReadonlyArray<ReadTool>): void {
  const places = new Map<string, number>()
  for (const [i, { name }] of tools.entries()) {
    const earlier = places.get(name)
    if (earlier !== undefined) {
      throw invalidRequest(`tools[${i}].name`, `"${name}" is the name of tools[${earlier}], too`, "Rename one of them.")
    }
    places.set(name, i)
  }
}

function callableOf(tools: ReadonlyArray<ReadTool>, choice: unknown): ReadonlyArray<ReadTool> {
  if (choice === "auto") return tools
  if (choice === "required") {
    if (tools.length > 0) return tools
    throw invalidRequest("toolChoice", "a call is required, and there are no tools", "Pass tools, or leave it out.")
  }
  if (!isRecord(choice)) {
    const remedy = 'Use "auto", "required", "none" or { name }.'
    throw invalidRequest("toolChoice", `${show(choice)} is no choice of a tool`, remedy)
  }
  checkKnown(choice, ["name"], "toolChoice")
  const named = tools.filter(({ name }) => name === choice["name"])
  if (named.length > 0) return named
  const names = tools.map(({ name }) => name).join(", ")
  throw invalidRequest("toolChoice.name", `there is no tool ${show(choice["name"])}`, `There are: ${names || "none"}.`)
}
