/** What `POST /v1/completions` is asked: to continue a text as it is, without a template. */
import { mostAlternatives, type Prompt } from "@facet/sdk/words"
import { badRequest, unsupported } from "./ApiError.ts"
import type { CompletionJob } from "./CompletionJob.ts"
import { atLeastOne, RequestFields } from "./RequestFields.ts"
import { mostAnswers, readCount, readDelivery, readRest, readSampling, warnOfOthers } from "./CompletionFields.ts"

/** OpenAI's default for this route; a chat has none. */
const defaultMaxTokens = 16

/** @throws ApiError that names the field that is wrong, or that cannot be honoured. */
export function readCompletionRequest(body: unknown): CompletionJob {
  const fields = new RequestFields(body)
  const prompts = readPrompts(fields.value("prompt"))
  const isEchoed = fields.flag("echo") ?? false
  // Nothing is generated where a prompt is only told back, with how likely it is.
  const maxTokens = fields.number("max_tokens", isEchoed ? { ...atLeastOne, min: 0 } : atLeastOne) ?? defaultMaxTokens
  const n = readCount(fields, prompts.length)
  const job: CompletionJob = {
    model: fields.text("model"),
    prompts,
    n,
    echo: !isEchoed ? "none" : maxTokens === 0 ? "alone" : "before",
    options: {
      ...readSampling(fields),
      template: "none",
      maxTokens: Math.max(1, maxTokens),
      logprobs: fields.number("logprobs", { min: 0, max: mostAlternatives, integer: true }),
    },
    // vLLM's name for it.
    cacheSalt: fields.text("cache_salt"),
    ...readDelivery(fields),
    warnings: fields.warnings,
  }
  readRest(fields)
  warnOfOthers(fields)
  fields.refuse("suffix", "the model cannot fill in a text: it goes on where the prompt ends.")
  const best = fields.number("best_of", atLeastOne)
  if (best !== undefined && best !== n) {
    throw unsupported("best_of", "this server gives all the answers that it writes. Leave it out, or send n of them.")
  }
  fields.finish()
  return job
}

/** One prompt or a list of them, as texts or as token ids. */
function readPrompts(prompt: unknown): ReadonlyArray<Prompt> {
  if (prompt === undefined) throw badRequest("prompt", "it is missing.", "missing_required_parameter")
  if (!Array.isArray(prompt)) return [readPrompt(prompt, "prompt")]
  if (prompt.length === 0) throw badRequest("prompt", "it is empty.", "invalid_value")
  if (prompt.every((entry) => typeof entry === "number")) return [readPrompt(prompt, "prompt")]
  if (prompt.length > mostAnswers) {
    throw badRequest("prompt", `${prompt.length} prompts where at most ${mostAnswers} are allowed.`, "invalid_value")
  }
  return prompt.map((entry, i) => readPrompt(entry, `prompt[${i}]`))
}

function readPrompt(prompt: unknown, path: string): Prompt {
  if (Array.isArray(prompt) && prompt.length > 0) {
    const tokens: ReadonlyArray<unknown> = prompt
    return { tokens: tokens.map((id, i) => readToken(id, `${path}[${i}]`)) }
  }
  if (typeof prompt !== "string") throw badRequest(path, "it is neither a text nor token ids.", "invalid_type")
  if (prompt === "") throw badRequest(path, "it is empty.", "invalid_value")
  return prompt
}

function readToken(id: unknown, path: string): number {
  if (typeof id === "number" && Number.isSafeInteger(id) && id >= 0) return id
  throw badRequest(path, "it is no token id: a whole number from 0.", "invalid_type")
}
