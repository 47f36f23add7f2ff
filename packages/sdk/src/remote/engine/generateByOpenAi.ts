/** Generating by OpenAI's API, streamed. */
import { invalidRequest } from "../../words/Errors.ts"
import type { EnginePart, FinishReason } from "../../words/Generation.ts"
import { isList, isRecord, type JsonRecord } from "../../words/Json.ts"
import { type ChatMessage, isTokenPrompt, toMessages } from "../../words/Prompt.ts"
import type { GenerateRequest } from "../../words/Request.ts"
import { samplingNumberNames, type SamplingNumberName } from "../../words/Sampling.ts"
import { checkNoControls } from "./ControlTokens.ts"
import type { Endpoint } from "./Endpoint.ts"
import { openAiLogprobs } from "./openAiLogprobs.ts"
import { usageOf } from "./usageOf.ts"

/** What a server of the kind takes of the sampling options, by its own names. */
export type SamplingNames = Readonly<Partial<Record<SamplingNumberName, string>>>

const openAiNames: SamplingNames = {
  temperature: "temperature",
  topP: "top_p",
  presencePenalty: "presence_penalty",
  frequencyPenalty: "frequency_penalty",
  seed: "seed",
}

export interface Dialect {
  readonly sampling: SamplingNames
  /** Whether it takes llama.cpp's `grammar`. */
  readonly takesGrammars: boolean
}

const plain: Dialect = { sampling: openAiNames, takesGrammars: false }

/** @throws InvalidRequestError that names what the server cannot honour */
export async function* generateByOpenAi(
  endpoint: Endpoint,
  model: string,
  request: GenerateRequest,
  signal: AbortSignal,
  dialect: Dialect = plain,
): AsyncGenerator<EnginePart, void, void> {
  const startedAt = performance.now()
  checkHonoured(request)
  const isChat = request.template !== "none"
  const path = isChat ? "/v1/chat/completions" : "/v1/completions"
  const body = {
    model,
    ...(isChat ? { messages: messagesOf(request) } : { prompt: textOf(request) }),
    ...optionsOf(request, dialect),
    ...logprobsOf(request.logprobs, isChat),
    stream: true,
    stream_options: { include_usage: true },
  }
  const end: { reason?: FinishReason; usage?: unknown; firstAt?: number; completion: number } = { completion: 0 }
  for await (const event of endpoint.events(path, body, signal)) {
    if (isRecord(event["usage"])) end.usage = event["usage"]
    const choice = isList(event["choices"]) ? event["choices"][0] : undefined
    if (!isRecord(choice)) continue
    const { finish_reason: reason } = choice
    if (typeof reason === "string") end.reason = reasonOf(endpoint, path, reason)
    const delta = isRecord(choice["delta"]) ? choice["delta"]["content"] : choice["text"]
    const logprobs = openAiLogprobs(choice["logprobs"])
    if (typeof delta !== "string" || delta === "") continue
    end.firstAt ??= performance.now()
    end.completion += logprobs?.length ?? 1
    if (request.logprobs !== undefined && logprobs === undefined) throw withoutLogprobs()
    yield { type: "text", text: delta, ...(request.logprobs !== undefined && logprobs && { logprobs }) }
  }
  if (end.reason === undefined) endpoint.misread(path, "no reason why the text ended")
  yield finishOf(startedAt, end.reason, end)
}

function finishOf(
  startedAt: number,
  finishReason: FinishReason,
  { completion, firstAt, usage }: { usage?: unknown; firstAt?: number; completion: number },
): EnginePart {
  const now = performance.now()
  const counted = isRecord(usage) ? usage["completion_tokens"] : undefined
  const completionTokens = typeof counted === "number" ? counted : completion
  const seconds = firstAt === undefined ? 0 : (now - firstAt) / 1000
  return {
    type: "finish",
    finishReason,
    usage: { ...usageOf(usage), completionTokens },
    timings: {
      firstTokenMs: (firstAt ?? now) - startedAt,
      totalMs: now - startedAt,
      tokensPerSecond: seconds > 0 && completionTokens > 1 ? (completionTokens - 1) / seconds : 0,
    },
  }
}

function reasonOf(endpoint: Endpoint, path: string, reason: string): FinishReason {
  if (reason === "stop" || reason === "length") return reason
  throw endpoint.error(path, "the server ended the text for a reason of its own", "See its log.")
}

const withoutLogprobs = () =>
  invalidRequest("logprobs", "the server tells none", "Leave it out, or generate on a server that tells them.")

/** What no server of the kind can do: never left out in silence. */
function checkHonoured(request: GenerateRequest): void {
  const asked: Readonly<Record<string, boolean>> = {
    trace: request.traces.length > 0,
    interventions: (request.interventions ?? []).length > 0,
    continueFinalMessage: request.continueFinalMessage === true,
    minTokens: (request.minTokens ?? 0) > 0,
    stopTokens: (request.stopTokens ?? []).length > 0,
  }
  const [option] = Object.keys(asked).filter((name) => asked[name] === true)
  if (option !== undefined) throw notHonoured(option)
}

const notHonoured = (option: string) =>
  invalidRequest(option, "the server has nothing for it", "Leave it out, or open the model on this machine.")

function optionsOf(request: GenerateRequest, { sampling, takesGrammars }: Dialect): JsonRecord {
  const { constraint, logitBias, maxTokens, stop } = request
  const fields: Record<string, unknown> = {
    // Left out, servers sample.
    temperature: 0,
    ...(maxTokens !== undefined && { max_tokens: maxTokens }),
    ...(stop !== undefined && stop.length > 0 && { stop }),
    ...(logitBias !== undefined && { logit_bias: logitBias }),
  }
  for (const name of samplingNumberNames) {
    const value = request[name]
    if (value === undefined) continue
    const field = sampling[name]
    if (field === undefined) throw notHonoured(name)
    fields[field] = value
  }
  if (constraint?.type === "schema") {
    const { schema } = constraint
    fields["response_format"] = { type: "json_schema", json_schema: { name: "answer", schema, strict: true } }
  } else if (constraint?.type === "grammar" && takesGrammars) fields["grammar"] = constraint.grammar
  else if (constraint !== undefined) throw notHonoured(constraint.type)
  return fields
}

function logprobsOf(alternatives: number | undefined, isChat: boolean): JsonRecord {
  if (alternatives === undefined) return {}
  return isChat ? { logprobs: true, top_logprobs: alternatives } : { logprobs: alternatives }
}

function textOf({ prompt }: GenerateRequest): string | ReadonlyArray<number> {
  if (isTokenPrompt(prompt)) return prompt.tokens
  const text = typeof prompt === "string" ? prompt : prompt.map(({ content }) => content).join("")
  checkNoControls("prompt", text)
  return text
}

/** In the form that every Gemma's template takes: system texts stand before the first user text, in one turn with it. */
function messagesOf({ prompt }: GenerateRequest): ReadonlyArray<JsonRecord> {
  if (isTokenPrompt(prompt)) {
    throw invalidRequest("prompt", "it is token ids, which a server's chat does not take", 'Add `template: "none"`.')
  }
  const messages = toMessages(prompt)
  for (const [i, { content }] of messages.entries()) {
    checkNoControls(typeof prompt === "string" ? "prompt" : `messages[${i}].content`, content)
  }
  const system = messages.filter(({ role }) => role === "system").map(({ content }) => content.trim())
  const turns = messages.filter(({ role }) => role !== "system")
  const first = turns.findIndex(({ role }) => role === "user")
  if (first < 0) {
    throw invalidRequest("messages", "there is no message with the role user", "Pass at least one.")
  }
  return turns.map((message, i) => ({ role: roleOf(message), content: withSystem(message, i === first ? system : []) }))
}

const roleOf = ({ role }: ChatMessage): string => (role === "model" ? "assistant" : role)

const withSystem = ({ content }: ChatMessage, system: ReadonlyArray<string>): string =>
  [...system.filter((text) => text !== ""), content].join("\n\n")
