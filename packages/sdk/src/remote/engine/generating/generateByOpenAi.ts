/** Generating by OpenAI's API, streamed. */
import type { EnginePart, FinishReason } from "../../../words/Generation.ts"
import { isList, isRecord, type JsonRecord } from "../../../words/Json.ts"
import type { GenerateRequest } from "../../../words/Request.ts"
import type { Endpoint } from "../connection/Endpoint.ts"
import type { ServedModel } from "../Server.ts"
import { checkHonoured, type Dialect, notHonoured, samplingOf } from "./Dialect.ts"
import { openAiLogprobs } from "./openAiLogprobs.ts"
import { ServedText } from "./ServedText.ts"
import { messagesOf, textOf } from "./ServerPrompt.ts"
import { completionTokensOf, usageOf } from "./usageOf.ts"

/** What OpenAI's API has. */
const openAiNames = {
  temperature: "temperature",
  topP: "top_p",
  presencePenalty: "presence_penalty",
  frequencyPenalty: "frequency_penalty",
  seed: "seed",
}

/** How a server writes that takes this beside OpenAI's own fields. */
export const generateByOpenAi = (dialect: Dialect = {}) =>
  /** @throws InvalidRequestError that names what the server cannot honour */
  async function* (
    endpoint: Endpoint,
    model: ServedModel,
    request: GenerateRequest,
    signal: AbortSignal,
  ): AsyncGenerator<EnginePart, void, void> {
    const served = new ServedText(request.logprobs !== undefined)
    checkHonoured(request, dialect)
    const isChat = request.template !== "none"
    const path = pathOf(isChat, dialect)
    const body = {
      model: model.name,
      ...(isChat ? chatOf(request) : { prompt: textOf(request) }),
      ...optionsOf(request, dialect),
      ...formOf(request, dialect),
      ...logprobsOf(request.logprobs, isChat),
      stream: true,
      stream_options: { include_usage: true },
    }
    let reason: FinishReason | undefined
    let usage: unknown
    for await (const event of endpoint.events(path, body, signal)) {
      if (isRecord(event["usage"])) usage = event["usage"]
      const choice = isList(event["choices"]) ? event["choices"][0] : undefined
      if (!isRecord(choice)) continue
      if (typeof choice["finish_reason"] === "string") reason = reasonOf(endpoint, path, choice["finish_reason"])
      const delta = isRecord(choice["delta"]) ? choice["delta"]["content"] : choice["text"]
      yield* served.piece(delta, openAiLogprobs(choice["logprobs"]))
    }
    if (reason === undefined) endpoint.misread(path, "no reason why the text ended")
    yield served.finish(reason, { ...usageOf(usage), completionTokens: completionTokensOf(usage) })
  }

function pathOf(isChat: boolean, { chatPath }: Dialect): string {
  if (isChat) return chatPath ?? "/v1/chat/completions"
  if (chatPath !== undefined) throw notHonoured("template")
  return "/v1/completions"
}

const chatOf = (request: GenerateRequest): JsonRecord => ({
  messages: messagesOf(request),
  ...(request.continueFinalMessage === true && { continue_final_message: true, add_generation_prompt: false }),
})

function reasonOf(endpoint: Endpoint, path: string, reason: string): FinishReason {
  if (reason === "stop" || reason === "length") return reason
  // TGI's names.
  if (reason === "eos_token" || reason === "stop_sequence") return "stop"
  throw endpoint.error(path, "the server ended the text for a reason of its own", "See its log.")
}

function optionsOf(request: GenerateRequest, { fields: names = {}, sampling, usual }: Dialect): JsonRecord {
  const { logitBias, maxTokens, minTokens = 0, stop = [], stopTokens = [] } = request
  return {
    // Left out, servers sample.
    temperature: 0,
    ...usual,
    ...(maxTokens !== undefined && { max_tokens: maxTokens }),
    ...(minTokens > 0 && names.minTokens !== undefined && { [names.minTokens]: minTokens }),
    ...(stop.length > 0 && { stop }),
    ...(stopTokens.length > 0 && names.stopTokens !== undefined && { [names.stopTokens]: stopTokens }),
    ...(logitBias !== undefined && { logit_bias: logitBias }),
    ...samplingOf(request, { ...openAiNames, ...sampling }),
  }
}

function formOf({ constraint }: GenerateRequest, { constraints = {} }: Dialect): JsonRecord {
  if (constraint === undefined) return {}
  switch (constraint.type) {
    case "schema":
      return {
        response_format: {
          type: "json_schema",
          json_schema: { name: "answer", schema: constraint.schema, strict: true },
        },
      }
    case "grammar":
      if (constraints.grammar !== undefined) return constraints.grammar(constraint.grammar)
      break
    case "choices":
      if (constraints.choices !== undefined) return constraints.choices(constraint.choices)
      break
    default:
  }
  throw notHonoured(constraint.type)
}

function logprobsOf(alternatives: number | undefined, isChat: boolean): JsonRecord {
  if (alternatives === undefined) return {}
  return isChat ? { logprobs: true, top_logprobs: alternatives } : { logprobs: alternatives }
}
