/**
 * Tools and their calls as turns of a chat, for models whose template has no place for them.
 *
 * The words are those that Google documents for Gemma, which has no tokens for tools: the functions as JSON in the first
 * turn of the user, and a call as JSON (https://ai.google.dev/gemma/docs/capabilities/function-calling).
 */
import { checkJson } from "../../words/checkJson.ts"
import { checkUnicode, show } from "../../words/Checks.ts"
import { invalidRequest } from "../../words/Errors.ts"
import { isList, isRecord, parseJson } from "../../words/Json.ts"
import { checkRole, type ChatMessage } from "../../words/Prompt.ts"
import type { ToolCall } from "../../words/Tool.ts"
import type { ReadTool, ReadTools } from "./readTools.ts"

/**
 * The chat as a model reads it, in turns of text alone.
 *
 * @throws InvalidRequestError that names the message that is wrong, such as a result without a call.
 */
export function toolPrompt(messages: ReadonlyArray<ChatMessage>, told: ReadTools): ReadonlyArray<ChatMessage> {
  const turns: Array<ChatMessage> = []
  const names = new Map<string, string>()
  const open = new Set<string>()
  for (const [i, message] of messages.entries()) {
    checkMessage(message, `messages[${i}]`)
    const { content, role, toolCallId, toolCalls = [] } = message
    if (role === "tool") {
      const name = names.get(toolCallId ?? "")
      if (name === undefined || !open.delete(toolCallId ?? "")) throw noCall(`messages[${i}].toolCallId`, toolCallId)
      addResult(turns, messages[i - 1]?.role === "tool", resultText(name, content))
      continue
    }
    for (const [j, { id, name }] of toolCalls.entries()) {
      if (open.has(id)) throw sameId(`messages[${i}].toolCalls[${j}].id`, id)
      names.set(id, name)
      open.add(id)
    }
    turns.push({ role, content: toolCalls.length === 0 ? content : withCalls(content, toolCalls) })
  }
  return told.tools.length === 0 ? turns : withTools(turns, told)
}

function checkMessage(message: unknown, path: string): asserts message is ChatMessage {
  const { content, role, toolCallId, toolCalls }: Readonly<Record<string, unknown>> = isRecord(message) ? message : {}
  checkUnicode(`${path}.content`, content)
  if (role !== "tool") checkRole(`${path}.role`, role)
  if ((toolCallId !== undefined) !== (role === "tool")) {
    throw invalidRequest(
      `${path}.toolCallId`,
      "it belongs to messages of the role tool, and to all of them",
      "Correct it.",
    )
  }
  if (toolCalls !== undefined) checkCalls(toolCalls, role, `${path}.toolCalls`)
}

function checkCalls(calls: unknown, role: unknown, path: string): void {
  if (role !== "assistant" && role !== "model") {
    throw invalidRequest(path, `${show(role)} calls no tools`, "Leave it out, or use the role assistant.")
  }
  if (!isList(calls)) throw invalidRequest(path, `${show(calls)} is no list of calls`, "Pass those of a generation.")
  for (const [i, call] of calls.entries()) {
    const isCall =
      isRecord(call) && typeof call["id"] === "string" && typeof call["name"] === "string" && isRecord(call["input"])
    if (!isCall) throw invalidRequest(`${path}[${i}]`, "it is no call of a tool", "Use { id, name, input }.")
    checkJson(call["input"], `${path}[${i}].input`, argumentLimits)
  }
}

const noCall = (path: string, id: string | undefined) =>
  invalidRequest(path, `no call before it that waits for a result has the id ${show(id)}`, "Use the id of a call.")

const argumentLimits = { of: "a call's arguments", deepest: 256, remedy: "Pass what the model called it with." }

const sameId = (path: string, id: string) =>
  invalidRequest(
    path,
    `a call that waits for its result has the id ${show(id)}, too`,
    "Give each call an id of its own.",
  )

/** Results that stand together are one turn. */
function addResult(turns: Array<ChatMessage>, isNext: boolean, result: string): void {
  const last = turns.at(-1)
  if (isNext && last !== undefined) turns[turns.length - 1] = { ...last, content: `${last.content}\n${result}` }
  else turns.push({ role: "user", content: result })
}

const resultText = (name: string, content: string): string => {
  const json = parseJson(content)
  return spaced({ name, result: json === undefined ? content : json.value })
}

function withCalls(content: string, calls: ReadonlyArray<ToolCall>): string {
  const said = calls.map(({ input, name }) => spaced({ name, parameters: input }))
  const [only = ""] = said
  const text = said.length === 1 ? only : `[${said.join(", ")}]`
  return content.trim() === "" ? text : `${content}\n${text}`
}

/** An object as the convention writes it: a space between its own fields, and what is in them compact. */
const spaced = (fields: Readonly<Record<string, unknown>>): string =>
  `{${Object.entries(fields)
    .map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value ?? null)}`)
    .join(", ")}}`

/** @throws InvalidRequestError where no user speaks, and so nobody could tell the model. */
function withTools(turns: ReadonlyArray<ChatMessage>, { isParallel, tools }: ReadTools): ReadonlyArray<ChatMessage> {
  const first = turns.findIndex(({ role }) => role === "user")
  if (first < 0) throw invalidRequest("messages", "no user speaks in them, so tools cannot be told", "Add a message.")
  return turns.map((turn, i) =>
    i === first ? { ...turn, content: `${toolText(tools, isParallel)}\n\n${turn.content}` } : turn,
  )
}

const toolText = (tools: ReadonlyArray<ReadTool>, isParallel: boolean): string =>
  [
    "You have access to functions. If you decide to invoke any of the function(s), you MUST put it in the format of " +
      '{"name": function name, "parameters": dictionary of argument name and its value}',
    ...(isParallel ? ["To invoke several functions at once, put them in a list: [{...}, {...}]"] : []),
    "You SHOULD NOT include any other text in the response if you call a function",
    JSON.stringify(tools.map(({ description, name, parameters }) => ({ name, description, parameters }))),
  ].join("\n\n")
