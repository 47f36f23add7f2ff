/**
 * Tools and their calls as turns of a chat, for models whose template has no place for them.
 *
 * The words are those that Google documents for Gemma, which has no tokens for tools: the functions as JSON in the first
 * turn of the user, and a call as JSON (https://ai.google.dev/gemma/docs/capabilities/function-calling).
 */
import { invalidRequest } from "../../words/Errors.ts"
import { parseJson } from "../../words/Json.ts"
import type { ChatMessage } from "../../words/Prompt.ts"
import type { ToolCall } from "../../words/Tool.ts"
import type { ReadTool, ReadTools } from "./readTools.ts"

/**
 * The chat as a model reads it, in turns of text alone.
 *
 * @param messages that `checkToolMessages` let pass.
 * @throws InvalidRequestError where nobody could be told of the tools
 */
export function toolPrompt(messages: ReadonlyArray<ChatMessage>, told: ReadTools): ReadonlyArray<ChatMessage> {
  const turns: Array<ChatMessage> = []
  const names = new Map<string, string>()
  for (const [i, { content, role, toolCallId, toolCalls = [] }] of messages.entries()) {
    for (const { id, name } of toolCalls) names.set(id, name)
    if (role === "tool") {
      addResult(turns, messages[i - 1]?.role === "tool", resultText(names.get(toolCallId ?? "") ?? "", content))
    } else turns.push({ role, content: toolCalls.length === 0 ? content : withCalls(content, toolCalls) })
  }
  return told.tools.length === 0 ? turns : withTools(turns, told)
}

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
