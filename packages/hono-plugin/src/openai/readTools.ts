/** The tools of a chat: what may be called, and what was called before. */
import { type GenerateOptions, isRecord, parseJson, type Tool, type ToolCall } from "@facet/sdk/words"
import { badRequest, unsupported } from "./ApiError.ts"
import { RequestFields } from "./RequestFields.ts"

type ToolOptions = Pick<GenerateOptions, "tools" | "toolChoice" | "parallelToolCalls">

/** Where what a function is stands: a chat has it in `function`, a response beside the type. */
type Place = "nested" | "flat"

/**
 * Unlike OpenAI's API, one call at a time is made unless several are asked for: a small model makes better ones.
 *
 * @throws ApiError that names the field that is wrong.
 */
export function readTools(fields: RequestFields, place: Place = "nested"): ToolOptions {
  const all = readToolList(fields, place)
  const { allowed, toolChoice } = readChoice(fields, place)
  const tools = allowed === undefined ? all : all?.filter(({ name }) => allowed.includes(name))
  const unknown = allowed?.find((name) => all?.every((tool) => tool.name !== name) ?? true)
  if (unknown !== undefined) throw badRequest("tool_choice", `no tool is called "${unknown}".`, "invalid_value")
  const parallelToolCalls = fields.flag("parallel_tool_calls")
  fields.refuse("functions", "it is deprecated. Send tools.")
  fields.refuse("function_call", "it is deprecated. Send tool_choice.", (value) => value === "none" || value === "auto")
  if (tools === undefined && (toolChoice === undefined || toolChoice === "auto" || toolChoice === "none")) return {}
  return { tools, toolChoice, parallelToolCalls }
}

/** Undefined where there are none. */
export function readToolList(fields: RequestFields, place: Place = "nested"): ReadonlyArray<Tool> | undefined {
  const list = fields.list("tools")
  if (list === undefined || list.length === 0) return undefined
  return list.map((tool, i) => readTool(new RequestFields(tool, `tools[${i}]`, fields.warnings), place))
}

function readTool(fields: RequestFields, place: Place): Tool {
  checkType(fields)
  const own = place === "flat" ? fields : functionOf(fields)
  const name = requiredText(own, "name")
  const description = own.text("description")
  const parameters = own.value("parameters")
  // Arguments fit the schema, whether or not that is asked for.
  own.flag("strict")
  own.finish()
  fields.finish()
  if (parameters === undefined || isRecord(parameters)) return { name, description, parameters }
  throw badRequest(own.at("parameters"), "it is no JSON Schema of an object.", "invalid_type")
}

interface Choice {
  readonly toolChoice: ToolOptions["toolChoice"]
  /** The names of those that may be called; undefined for all. */
  readonly allowed?: ReadonlyArray<string>
}

function readChoice(fields: RequestFields, place: Place): Choice {
  const toolChoice = fields.value("tool_choice")
  if (toolChoice === undefined || toolChoice === "auto" || toolChoice === "none" || toolChoice === "required") {
    return { toolChoice }
  }
  const choice = toolChoice
  if (typeof choice === "string") {
    throw badRequest("tool_choice", "it is not none, auto, required or the name of a function.", "invalid_value")
  }
  const own = new RequestFields(choice, "tool_choice", fields.warnings)
  if (own.value("type") === "allowed_tools") return readAllowed(own, place)
  return { toolChoice: { name: readName(own, place) } }
}

/** Some of the tools, where a client tells the same list each time: those that are left out are not told to the model. */
function readAllowed(choice: RequestFields, place: Place): Choice {
  const own = place === "flat" ? choice : requiredObject(choice, "allowed_tools")
  const mode = requiredText(own, "mode")
  const list = own.list("tools") ?? []
  choice.finish()
  own.finish()
  if (mode !== "auto" && mode !== "required") {
    throw badRequest(own.at("mode"), "it is neither auto nor required.", "invalid_value")
  }
  if (list.length === 0) throw badRequest(own.at("tools"), "there is none. Send tool_choice: none.", "invalid_value")
  const allowed = list.map((tool, i) =>
    readName(new RequestFields(tool, `${own.at("tools")}[${i}]`, own.warnings), place),
  )
  return { toolChoice: mode, allowed }
}

/** The name of a function that is told of elsewhere. */
function readName(fields: RequestFields, place: Place): string {
  checkType(fields)
  const own = place === "flat" ? fields : functionOf(fields)
  const name = requiredText(own, "name")
  own.finish()
  fields.finish()
  return name
}

/** What the assistant called, in a message of its. */
export function readToolCalls(fields: RequestFields): ReadonlyArray<ToolCall> | undefined {
  const list = fields.list("tool_calls")
  if (list === undefined || list.length === 0) return undefined
  return list.map((call, i) => readCall(new RequestFields(call, `${fields.at("tool_calls")}[${i}]`, fields.warnings)))
}

function readCall(fields: RequestFields): ToolCall {
  checkType(fields)
  // What streams have, and clients hand back with what they put together of them.
  fields.value("index")
  const id = requiredText(fields, "id")
  const own = functionOf(fields)
  const name = requiredText(own, "name")
  const input = readArguments(own)
  own.finish()
  fields.finish()
  return { id, name, input }
}

/** What a call's arguments were. */
export function readArguments(fields: RequestFields): ToolCall["input"] {
  const text = requiredText(fields, "arguments")
  // Clients write nothing for no arguments.
  const input = text.trim() === "" ? {} : parseJson(text)?.value
  if (isRecord(input)) return input
  throw badRequest(fields.at("arguments"), "it is not the JSON of an object.", "invalid_value")
}

function checkType(fields: RequestFields): void {
  const type = fields.text("type") ?? "function"
  if (type !== "function") throw unsupported(fields.at("type"), "this server calls functions only.")
}

const functionOf = (fields: RequestFields): RequestFields => requiredObject(fields, "function")

function requiredObject(fields: RequestFields, name: string): RequestFields {
  const own = fields.object(name)
  if (own !== undefined) return own
  throw badRequest(fields.at(name), "it is missing.", "missing_required_parameter")
}

export function requiredText(fields: RequestFields, name: string): string {
  const text = fields.text(name)
  if (text !== undefined) return text
  throw badRequest(fields.at(name), "it is missing.", "missing_required_parameter")
}
