/** What `POST /v1/completions` is asked: to continue a text as it is, without a template. */
import { mostAlternatives } from "@facet/sdk/words"
import { badRequest, unsupported } from "./ApiError.ts"
import type { CompletionJob } from "./CompletionJob.ts"
import { atLeastOne, RequestFields } from "./RequestFields.ts"
import { readDelivery, readRest, readSampling } from "./CompletionFields.ts"

/** OpenAI's default for this route; a chat has none. */
const defaultMaxTokens = 16

/** @throws ApiError that names the field that is wrong, or that cannot be honoured. */
export function readCompletionRequest(body: unknown): CompletionJob {
  const fields = new RequestFields(body)
  const job: CompletionJob = {
    model: fields.text("model"),
    prompt: readPrompt(fields.value("prompt")),
    options: {
      ...readSampling(fields),
      template: "none",
      maxTokens: fields.number("max_tokens", atLeastOne) ?? defaultMaxTokens,
      logprobs: fields.number("logprobs", { min: 0, max: mostAlternatives, integer: true }),
    },
    // vLLM's name for it.
    cacheSalt: fields.text("cache_salt"),
    ...readDelivery(fields),
  }
  readRest(fields)
  fields.refuse("echo", "this server does not repeat the prompt.")
  fields.refuse("suffix", "Gemma 2 cannot fill in a text: it goes on where the prompt ends.")
  const best = fields.number("best_of", atLeastOne)
  if (best !== undefined && best !== 1) throw unsupported("best_of", "this server writes one answer to a request.")
  fields.finish()
  return job
}

function readPrompt(prompt: unknown): string {
  if (prompt === undefined) throw badRequest("prompt", "it is missing.", "missing_required_parameter")
  const list: ReadonlyArray<unknown> = Array.isArray(prompt) ? prompt : [prompt]
  if (list.some((entry) => typeof entry === "number" || Array.isArray(entry))) {
    throw unsupported("prompt", "this server takes no token ids. Send the text.")
  }
  if (list.length > 1) {
    throw unsupported("prompt", `${list.length} prompts where one is allowed. Send a request for each.`)
  }
  const [text] = list
  if (typeof text !== "string") throw badRequest("prompt", "it is not a text.", "invalid_type")
  if (text === "") throw badRequest("prompt", "it is empty.", "invalid_value")
  return text
}
