/** `POST /v1/decisions`: what it is asked, and how it answers, in the form of OpenAI's API. */
import type { Answer, Decision, Question } from "@facet/sdk/words"
import { badRequest, unsupported } from "./ApiError.ts"
import { confidenceOf } from "./confidenceOf.ts"
import type { DecisionJob } from "./DecisionJob.ts"
import { jsonText } from "./jsonText.ts"
import { reachOf, readKept } from "./KeptWithQuestions.ts"
import { kindOf, RequestFields } from "./RequestFields.ts"

/** Where a question is billed and filed, and hints that change no answer. Accepted, and not looked at. */
const harmless = ["prompt_cache_key", "prompt_cache_options", "safety_identifier"] as const

/** A question of OpenAI's in Facet's words, and its answer in OpenAI's again. */
interface ReadDecision {
  readonly question: Question
  readonly answer: (answer: Answer) => object
}

/** @throws ApiError that names the field that is wrong, or that cannot be honoured. */
export function readDecisionRequest(body: unknown): DecisionJob {
  const fields = new RequestFields(body)
  const model = fields.text("model")
  const state = readInput(fields.value("input"))
  const list = fields.list("questions")
  if (list === undefined) throw missing("questions")
  const read = list.map((question, i) => readQuestion(new RequestFields(question, `questions[${i}]`)))
  for (const name of harmless) fields.value(name)
  // vLLM's name for it.
  const cacheSalt = fields.text("cache_salt")
  fields.finish()
  return {
    model,
    state,
    // By their places: two questions may have one name, and some have none.
    questions: Object.fromEntries(read.map(({ question }, i) => [String(i), question])),
    cacheSalt,
    paramOf: paramOf(read.map(({ question }) => question)),
    answer: ({ answers, tokens }) => ({
      answers: read.map(({ answer }, i) => answer(answers[String(i)] ?? unanswered(i))),
      usage: usageOf(tokens),
    }),
  }
}

const missing = (param: string) => badRequest(param, "it is missing.", "missing_required_parameter")

function unanswered(place: number): never {
  throw new Error(`question ${place} was not answered`)
}

/** `questions.2.criteria[1]` is the client's `questions[2].levels[1]`; of a choice the message has the option's name. */
const paramOf =
  (questions: ReadonlyArray<Question>) =>
  (path: string): string => {
    if (path === "state") return "input"
    const [, place, rest = ""] = /^questions\.(\d+)(.*)$/s.exec(path) ?? []
    const question = questions[Number(place)]
    if (question === undefined) return "questions"
    const list = question.type === "choice" ? "choices" : "levels"
    return `questions[${place}]${rest.replace(/^\.criteria(\[\d+\])?.*$/s, `.${list}$1`)}`
  }

const usageOf = ({ cached, judged }: Decision["tokens"]) => ({
  input_tokens: judged + cached,
  input_tokens_details: { cached_tokens: cached, cache_write_tokens: 0 },
  output_tokens: 0,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: judged + cached,
})

function readQuestion(fields: RequestFields): ReadDecision {
  const type = fields.text("type")
  const name = fields.text("name") ?? null
  const instructions = readParts(fields, "instructions", ["input_text", "input_json"])
  const reader = type === undefined ? undefined : readers.get(type)
  if (type === undefined) throw missing(fields.at("type"))
  if (reader === undefined)
    throw badRequest(fields.at("type"), "it is not predicate, choice or score.", "invalid_value")
  const read = reader(fields, instructions)
  const kept = readKept(fields)
  fields.finish()
  return {
    question: { ...read.question, ...kept },
    answer: (answer) => ({ ...read.answer(answer), name, ...reachOf(answer) }),
  }
}

const readers: ReadonlyMap<string, (fields: RequestFields, instructions: string) => ReadDecision> = new Map([
  ["predicate", readPredicate],
  ["choice", readChoice],
  ["score", readScore],
])

function readPredicate(_: RequestFields, instructions: string): ReadDecision {
  return {
    question: { type: "boolean", instructions },
    answer: (answer) => ({ type: "predicate", probability: answer.type === "boolean" ? answer.probability : NaN }),
  }
}

function readChoice(fields: RequestFields, instructions: string): ReadDecision {
  const choices = readList(fields, "choices").map((one) => readValue(one))
  const values = new Map<string, string | boolean>()
  for (const { at, value } of choices) {
    const name = nameOf(value, choices)
    if (values.has(name)) throw badRequest(at, "it comes twice.", "invalid_value")
    values.set(name, value)
  }
  const criteria = Object.fromEntries(choices.map(({ description, value }) => [nameOf(value, choices), description]))
  return {
    question: { type: "choice", instructions, criteria },
    answer: (answer) => {
      if (answer.type !== "choice") return {}
      const { choice, probabilities } = answer
      const told = Array.from(values, ([name, value]) => ({ value, probability: probabilities[name] ?? 0 }))
      return {
        type: "choice",
        choice: values.get(choice),
        confidence: confidenceOf(Object.values(probabilities)),
        probabilities: told,
      }
    },
  }
}

interface ReadValue {
  readonly at: string
  readonly value: string | boolean
  readonly description: string | null
}

function readValue(fields: RequestFields): ReadValue {
  const value = fields.value("value")
  const at = fields.at("value")
  const description = fields.text("description") ?? null
  fields.finish()
  if (value === undefined) throw missing(at)
  if (typeof value === "string" || typeof value === "boolean") return { at, value, description }
  throw badRequest(at, `${kindOf(value)} where a string, true or false is expected.`, "invalid_type")
}

/** A text and a flag that are spelt alike are two choices. */
function nameOf(value: string | boolean, all: ReadonlyArray<ReadValue>): string {
  const isSpeltTwice = typeof value === "boolean" && all.some((other) => other.value === String(value))
  return isSpeltTwice ? `${value} (not as a word)` : String(value)
}

function readScore(fields: RequestFields, instructions: string): ReadDecision {
  const levels = readList(fields, "levels").map((level) => {
    const label = level.text("label")
    const description = level.text("description")
    if (label === undefined) throw missing(level.at("label"))
    level.finish()
    return { label, description }
  })
  const criteria = levels.map(({ description, label }) =>
    description === undefined ? label : `${label}: ${description}`,
  )
  return {
    question: { type: "score", instructions, criteria },
    answer: (answer) => {
      if (answer.type !== "score") return {}
      const { probabilities, score } = answer
      const told = levels.map(({ label }, value) => ({ label, value, probability: probabilities[String(value)] ?? 0 }))
      return { type: "score", score, confidence: confidenceOf(Object.values(probabilities)), probabilities: told }
    },
  }
}

function readList(fields: RequestFields, name: string): ReadonlyArray<RequestFields> {
  const list = fields.list(name)
  if (list === undefined) throw missing(fields.at(name))
  return list.map((item, i) => new RequestFields(item, `${fields.at(name)}[${i}]`))
}

/** A text, or what was said and called in its order. */
function readInput(input: unknown): string {
  if (input === undefined) throw missing("input")
  if (typeof input === "string") return input
  if (!Array.isArray(input)) {
    throw badRequest("input", `${kindOf(input)} where a text or a list of messages is expected.`, "invalid_type")
  }
  const items = input.map((item, i) => new RequestFields(item, `input[${i}]`))
  const calls = new Set<string>()
  const said = items.map((fields) => readItem(fields, calls))
  const [only] = said
  // What one user wrote is the text itself.
  if (said.length === 1 && only?.who === "user") return only.text
  return said.map(({ text, who }) => `${who}: ${text}`).join("\n\n")
}

interface SaidItem {
  readonly who: string
  readonly text: string
}

function readItem(fields: RequestFields, calls: Set<string>): SaidItem {
  const type = fields.text("type") ?? "message"
  const read = itemReaders.get(type)
  if (read === undefined) throw unsupported(fields.at("type"), "this model reads messages and calls of tools.")
  const item = read(fields, calls)
  // They tell a client's own store of items something.
  for (const name of ["id", "status", "phase", "namespace"]) fields.value(name)
  fields.finish()
  return item
}

const itemReaders: ReadonlyMap<string, (fields: RequestFields, calls: Set<string>) => SaidItem> = new Map([
  ["message", readMessage],
  ["function_call", (fields, calls) => readCall(fields, calls, "arguments")],
  ["custom_tool_call", (fields, calls) => readCall(fields, calls, "input")],
  ["function_call_output", readOutput],
  ["custom_tool_call_output", readOutput],
])

const roles = ["user", "developer", "system", "assistant"]

function readMessage(fields: RequestFields): SaidItem {
  const role = fields.text("role")
  if (role === undefined) throw missing(fields.at("role"))
  if (!roles.includes(role)) {
    throw badRequest(fields.at("role"), `it is not ${roles.slice(0, -1).join(", ")} or assistant.`, "invalid_value")
  }
  return { who: role, text: readParts(fields, "content", ["input_text", "input_json", "output_text", "refusal"]) }
}

function readCall(fields: RequestFields, calls: Set<string>, body: "arguments" | "input"): SaidItem {
  const id = required(fields, "call_id")
  calls.add(id)
  return { who: "assistant", text: `calls ${required(fields, "name")} with ${required(fields, body)}` }
}

function readOutput(fields: RequestFields, calls: Set<string>): SaidItem {
  const id = required(fields, "call_id")
  if (!calls.has(id)) throw badRequest(fields.at("call_id"), "no call before it has this id.", "invalid_value")
  return { who: "tool", text: readParts(fields, "output", ["input_text"]) }
}

function required(fields: RequestFields, name: string): string {
  const value = fields.text(name)
  if (value === undefined) throw missing(fields.at(name))
  return value
}

/** A text, or parts, which stand in lines of their own. Of those the model reads text and JSON. */
function readParts(fields: RequestFields, name: string, types: ReadonlyArray<string>): string {
  const value = fields.value(name)
  const at = fields.at(name)
  if (value === undefined) throw missing(at)
  if (typeof value === "string") return value
  if (!Array.isArray(value)) {
    throw badRequest(at, `${kindOf(value)} where a text or a list of parts is expected.`, "invalid_type")
  }
  return value.map((part, i) => readPart(new RequestFields(part, `${at}[${i}]`), types)).join("\n")
}

/** The field of each type of part that holds what it says. */
const partFields: Readonly<Record<string, string>> = {
  input_text: "text",
  output_text: "text",
  refusal: "refusal",
  input_json: "data",
}

function readPart(fields: RequestFields, types: ReadonlyArray<string>): string {
  const type = fields.text("type")
  if (type === undefined) throw missing(fields.at("type"))
  const field = types.includes(type) ? partFields[type] : undefined
  if (field === undefined) throw unsupported(fields.at("type"), "this model reads text and JSON only.")
  fields.value("prompt_cache_breakpoint")
  const said = type === "input_json" ? fields.value(field) : fields.text(field)
  if (said === undefined) throw missing(fields.at(field))
  fields.finish()
  return jsonText(said, fields.at(field))
}
