/** Effect's toolkits as Facet's tools, and what was called as its toolkits read it. */
import type * as LanguageModel from "effect/ai/LanguageModel"
import * as Tool from "effect/ai/Tool"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { invalidRequest } from "../../words/Errors.ts"
import type { GenerateOptions } from "../../words/GenerateOptions.ts"
import type { JsonRecord } from "../../words/Json.ts"
import { codecTransformer } from "./codecTransformer.ts"

type Asked = Pick<LanguageModel.ProviderOptions, "tools" | "toolChoice">

/**
 * The tools that may be called, and how. Of a choice that names some, Effect leaves the others out.
 *
 * @throws InvalidRequestError for a provider's own tools, and for a choice that is none
 */
export function toTools({ toolChoice, tools }: Asked): Pick<GenerateOptions, "tools" | "toolChoice"> {
  // Where none may be called, they change nothing.
  if (tools.length === 0 || toolChoice === "none") return {}
  return { tools: tools.map(toTool), toolChoice: toChoice(toolChoice) }
}

function toTool(tool: Tool.Any) {
  if (Tool.isProviderDefined(tool)) {
    const problem = `its tool ${tool.name} is a provider's own, which is not there`
    throw invalidRequest("toolkit", problem, "Leave it out, or make one with a handler.")
  }
  return {
    name: tool.name,
    description: Tool.getDescription(tool),
    parameters: { ...Tool.getJsonSchema(tool, { transformer: codecTransformer }) },
  }
}

function toChoice(choice: Asked["toolChoice"]): GenerateOptions["toolChoice"] {
  if (typeof choice === "string") return choice
  return "tool" in choice ? { name: choice.tool } : (choice.mode ?? "auto")
}

/**
 * Makes of arguments what Effect reads: the model writes the JSON of a tool's parameters, in which a date is a text; Effect
 * expects what their schema encodes to. What the schema refuses is left as it is, for Effect to say so.
 */
export function paramsReader({ tools }: Asked): (name: string, input: JsonRecord) => unknown {
  const schemas = new Map(
    tools.flatMap((tool) =>
      Schema.isSchema(tool.parametersSchema) ? [[tool.name, tool.parametersSchema] as const] : [],
    ),
  )
  return (name, input) => {
    const schema = schemas.get(name)
    if (schema === undefined) return input
    // Whatever services a tool's schema may need, none can be asked here: then it is refused, and left as it is.
    const own = schema as Schema.Codec<unknown, unknown>
    const read = Schema.decodeUnknownOption(Schema.toCodecJson(own))(input)
    return Option.getOrElse(Option.flatMap(read, Schema.encodeUnknownOption(own)), () => input)
  }
}
