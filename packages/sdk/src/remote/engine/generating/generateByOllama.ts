/** Generating by Ollama's own API, a document a line: it takes more than its copy of OpenAI's, and cuts nothing off in silence. */
import type { EnginePart } from "../../../words/Generation.ts"
import { isList, isRecord, type JsonRecord } from "../../../words/Json.ts"
import type { GenerateRequest } from "../../../words/Request.ts"
import type { Endpoint } from "../connection/Endpoint.ts"
import type { ServedModel } from "../Server.ts"
import { checkHonoured, notHonoured, samplingOf } from "./Dialect.ts"
import { openAiLogprobs } from "./openAiLogprobs.ts"
import { ServedText } from "./ServedText.ts"
import { messagesOf, textOf } from "./ServerPrompt.ts"

const names = {
  temperature: "temperature",
  topK: "top_k",
  topP: "top_p",
  minP: "min_p",
  repetitionPenalty: "repeat_penalty",
  presencePenalty: "presence_penalty",
  frequencyPenalty: "frequency_penalty",
  seed: "seed",
}

/** Its filters and penalties are in force unless they are told to do nothing. */
const usual = { temperature: 0, top_k: 0, top_p: 1, min_p: 0, repeat_penalty: 1 }

/** @throws InvalidRequestError that names what the server cannot honour */
export async function* generateByOllama(
  endpoint: Endpoint,
  model: ServedModel,
  request: GenerateRequest,
  signal: AbortSignal,
): AsyncGenerator<EnginePart, void, void> {
  const served = new ServedText(request.logprobs !== undefined)
  checkHonoured(request, {})
  const isChat = request.template !== "none"
  const path = isChat ? "/api/chat" : "/api/generate"
  const body = {
    model: model.name,
    ...(isChat ? { messages: messagesOf(request) } : { prompt: rawText(request), raw: true }),
    ...(request.logprobs !== undefined && { logprobs: true, top_logprobs: request.logprobs }),
    ...formOf(request),
    options: optionsOf(model, request),
    stream: true,
    truncate: false,
    shift: false,
  }
  for await (const part of endpoint.documents(path, body, signal)) {
    const text = isChat ? (isRecord(part["message"]) ? part["message"]["content"] : undefined) : part["response"]
    const { logprobs } = part
    yield* served.piece(text, isList(logprobs) ? openAiLogprobs({ content: logprobs }) : undefined)
    if (part["done"] !== true) continue
    const { done_reason: reason, eval_count: written, prompt_eval_count: read } = part
    if (reason !== "stop" && reason !== "length") {
      throw endpoint.error(path, "the server ended the text for a reason of its own", "See its log.")
    }
    yield served.finish(reason, {
      promptTokens: typeof read === "number" ? read : 0,
      cachedTokens: 0,
      completionTokens: typeof written === "number" ? written : undefined,
    })
    return
  }
  throw endpoint.brokeOff(path)
}

function rawText(request: GenerateRequest): string {
  const text = textOf(request)
  if (typeof text !== "string") throw notHonoured("prompt.tokens")
  return text
}

function optionsOf({ description: { contextLength } }: ServedModel, request: GenerateRequest): JsonRecord {
  const { logitBias, maxTokens, stop = [] } = request
  if (logitBias !== undefined) throw notHonoured("logitBias")
  return {
    ...usual,
    // Left out, it is what the server was started with, and a long chat loses its beginning.
    ...(Number.isFinite(contextLength) && { num_ctx: contextLength }),
    ...(maxTokens !== undefined && { num_predict: maxTokens }),
    ...(stop.length > 0 && { stop }),
    ...samplingOf(request, names),
  }
}

function formOf({ constraint }: GenerateRequest): JsonRecord {
  if (constraint === undefined) return {}
  if (constraint.type !== "schema") throw notHonoured(constraint.type)
  return { format: constraint.schema }
}
