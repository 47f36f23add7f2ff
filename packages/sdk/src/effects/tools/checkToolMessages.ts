/** Chats in which tools are called: that every result has its call. */
import { checkJson } from "../../words/checkJson.ts"
import { checkUnicode, show } from "../../words/Checks.ts"
import { invalidRequest } from "../../words/Errors.ts"
import { isList, isRecord } from "../../words/Json.ts"
import { checkRole, type ChatMessage } from "../../words/Prompt.ts"

/** @throws InvalidRequestError that names the message that is wrong, such as a result without a call. */
export function checkToolMessages(messages: ReadonlyArray<ChatMessage>): void {
  const known = new Set<string>()
  const open = new Set<string>()
  for (const [i, message] of messages.entries()) {
    checkMessage(message, `messages[${i}]`)
    const { role, toolCallId = "", toolCalls = [] } = message
    if (role === "tool") {
      if (!known.has(toolCallId) || !open.delete(toolCallId)) throw noCall(`messages[${i}].toolCallId`, toolCallId)
      continue
    }
    for (const [j, { id }] of toolCalls.entries()) {
      if (open.has(id)) throw sameId(`messages[${i}].toolCalls[${j}].id`, id)
      known.add(id)
      open.add(id)
    }
  }
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

const noCall = (path: string, id: string) =>
  invalidRequest(path, `no call before it that waits for a result has the id ${show(id)}`, "Use the id of a call.")

const argumentLimits = { of: "a call's arguments", deepest: 256, remedy: "Pass what the model called it with." }

const sameId = (path: string, id: string) =>
  invalidRequest(
    path,
    `a call that waits for its result has the id ${show(id)}, too`,
    "Give each call an id of its own.",
  )
