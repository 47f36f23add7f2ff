/** What people say in a JSON body: the AI SDK's UI messages, OpenAI's requests, `{ prompt }`, or anything else. */
import { wordsOfJsonInSlices, writableStrings } from "@facet/sdk"
import {
  type GuardPlan,
  type GuardRole,
  isRecord,
  type JsonRecord,
  type PromptMessage,
  type PromptReading,
  promptReadingsInSlices,
  type Sliced,
  writtenMessages,
} from "@facet/sdk/words"
import { UnreadableBodyError } from "../UnreadableBodyError.ts"
import { type Input, inputOf } from "./Input.ts"

type Whose = GuardPlan["whose"]

/** What protocols call the roles; whoever has another name, or none, asks. */
const roleNames: ReadonlyMap<unknown, GuardRole> = new Map([
  ["system", "system"],
  ["developer", "system"],
  ["assistant", "assistant"],
  ["model", "assistant"],
  ["tool", "tool"],
  ["function", "tool"],
])

/**
 * @param whose messages are judged. What stands in other fields is judged whatever they are.
 * @throws UnreadableBodyError when a prompt is a list of token ids
 */
export function* inputOfJson(body: unknown, whose: Whose): Sliced<Input> {
  if (!isRecord(body)) return inputOf([yield* wordsOfJsonInSlices(body)])
  const { input, instructions, messages, prompt, system } = body
  for (const said of [prompt, input, isRecord(prompt) ? prompt["tokens"] : undefined]) checkTokens(said)
  // A conversation of Ollama's comes as ids beside the prompt.
  if (prompt !== undefined) checkTokens(body["context"])
  // OpenAI's Responses and Anthropic's messages have system texts beside the messages.
  const before: Array<PromptMessage> = []
  for (const text of [instructions, system]) before.push({ role: "system", text: yield* wordsOfJsonInSlices(text) })
  const prompts: Array<ReadonlyArray<PromptMessage>> = []
  for (const list of [messages, input, prompt]) {
    const own = yield* messagesOf(list, whose)
    if (own.length > 0) prompts.push(own)
  }
  const beside = yield* wordsOfJsonInSlices(yield* othersOf(body))
  const all = yield* promptReadingsInSlices([...before, ...prompts.flat()], whose, beside)
  if (prompts.length < 2) return all
  // Which of them is answered, a guard cannot know.
  const each: Array<PromptReading> = []
  for (const own of prompts) {
    const { input: readings } = yield* promptReadingsInSlices([...before, ...own], whose)
    each.push(...readings)
  }
  return { ...all, input: [...each, ...all.input] }
}

/** The strings of a body that are judged, and may be written anew. */
export function writtenOfJson(body: unknown, whose: Whose): ReadonlyArray<string> {
  if (!isRecord(body)) return writableStrings(body)
  return Object.entries(body).flatMap(([name, value]) => {
    if (name === "instructions" || name === "system")
      return whose.roles.includes("system") ? writableStrings(value) : []
    const isChat = said.has(name) && Array.isArray(value)
    if (!isChat) return writableStrings(value, name)
    const isWritten = writtenMessages(
      value.map((message: unknown) => ({ role: roleIn(message) })),
      whose.roles,
    )
    return value.flatMap((message: unknown, place) => (isWritten(place) ? writableStrings(message, name) : []))
  })
}

/** The fields that hold what is said to a model. */
const said: ReadonlySet<string> = new Set(["input", "instructions", "messages", "prompt", "system"])

/** Fields that are copied before others have their turn: a body may have tens of thousands. */
const fieldsAtOnce = 500

/** All other fields. */
function* othersOf(body: JsonRecord): Sliced<JsonRecord> {
  // Without a prototype, so that no field's name is special.
  const others: Record<string, unknown> = Object.create(null)
  let count = 0
  for (const name in body) {
    if (!said.has(name)) others[name] = body[name]
    if (++count % fieldsAtOnce === 0) yield
  }
  return others
}

function* messagesOf(list: unknown, whose: Whose): Sliced<ReadonlyArray<PromptMessage>> {
  if (!Array.isArray(list)) {
    return list === undefined ? [] : [{ role: "user", text: yield* wordsOfJsonInSlices(list) }]
  }
  const messages: Array<PromptMessage> = []
  for (const message of list) {
    messages.push(yield* messageOf(message, whose))
    yield
  }
  return messages
}

function* messageOf(message: unknown, whose: Whose): Sliced<PromptMessage> {
  const role = roleIn(message)
  const isAllRead = !isRecord(message) || role !== "assistant" || whose.roles.includes(role)
  return { role, text: yield* wordsOfJsonInSlices(isAllRead ? message : ownText(message)) }
}

const roleIn = (message: unknown): GuardRole => (isRecord(message) ? roleOf(message) : "user")

/** Items of OpenAI's Responses that are no messages come from the model or its tools. */
function roleOf({ role, type }: JsonRecord): GuardRole {
  if (typeof role === "string") return roleNames.get(role) ?? "user"
  if (typeof type !== "string") return "user"
  if (type.endsWith("_output")) return "tool"
  return /_call$|^reasoning$|^item_reference$/.test(type) ? "assistant" : "user"
}

/** What an assistant says, without its tools and its reasoning: what a model goes on from. */
function ownText({ content, parts }: JsonRecord): unknown {
  const isText = (part: unknown) => !isRecord(part) || part["type"] === "text" || part["type"] === "output_text"
  const textParts = (value: unknown) => (Array.isArray(value) ? value.filter(isText) : value)
  return [textParts(content), textParts(parts)]
}

function checkTokens(prompt: unknown): void {
  const list: ReadonlyArray<unknown> = Array.isArray(prompt) ? prompt.flat() : []
  if (!list.some((entry) => typeof entry === "number")) return
  throw new UnreadableBodyError({
    of: "input",
    reason: "unsupported",
    problem: "The prompt is a list of token ids, which cannot be judged",
    remedy: "Send it as text.",
  })
}
