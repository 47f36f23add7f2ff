/** The two forms that OpenAI's API has for what a model says: the messages of a chat, and texts. */
import type { FinishReason, TokenAlternative, TokenLogprob, Usage } from "@facet/sdk/words"

/** One entry of `choices`. */
export type Choice = Readonly<Record<string, unknown>>

type Logprobs = ReadonlyArray<TokenLogprob> | undefined

export interface CompletionFormat {
  readonly idPrefix: string
  /** `object` of a whole answer, and of a chunk. */
  readonly whole: string
  readonly chunk: string
  /** The field that holds what the model reads. */
  readonly content: string
  /** What stands in the first chunk of a stream, ahead of all text. */
  readonly opening: Choice | undefined
  /** A piece of a stream. `offset` is how much text came before, in UTF-16 units. */
  readonly piece: (text: string, logprobs: Logprobs, offset: number) => Choice
  readonly closing: (reason: FinishReason) => Choice
  /** All that was said. */
  readonly answer: (text: string, reason: FinishReason, logprobs: Logprobs) => Choice
}

export const chatFormat: CompletionFormat = {
  idPrefix: "chatcmpl-",
  whole: "chat.completion",
  chunk: "chat.completion.chunk",
  content: "messages",
  opening: {
    index: 0,
    delta: { role: "assistant", content: "", refusal: null },
    logprobs: null,
    finish_reason: null,
  },
  piece: (content, logprobs) => ({
    index: 0,
    delta: { content },
    logprobs: chatLogprobs(logprobs),
    finish_reason: null,
  }),
  closing: (reason) => ({ index: 0, delta: {}, logprobs: null, finish_reason: finishReason(reason) }),
  answer: (content, reason, logprobs) => ({
    index: 0,
    message: { role: "assistant", content, refusal: null },
    logprobs: chatLogprobs(logprobs),
    finish_reason: finishReason(reason),
  }),
}

export const textFormat: CompletionFormat = {
  idPrefix: "cmpl-",
  whole: "text_completion",
  chunk: "text_completion",
  content: "prompt",
  opening: undefined,
  piece: (text, logprobs, offset) => ({
    index: 0,
    text,
    logprobs: textLogprobs(logprobs, offset),
    finish_reason: null,
  }),
  closing: (reason) => ({ index: 0, text: "", logprobs: null, finish_reason: finishReason(reason) }),
  answer: (text, reason, logprobs) => ({
    index: 0,
    text,
    logprobs: textLogprobs(logprobs, 0),
    finish_reason: finishReason(reason),
  }),
}

const finishReason = (reason: FinishReason): string => (reason === "blocked" ? "content_filter" : reason)

const chatLogprobs = (logprobs: Logprobs) =>
  logprobs === undefined
    ? null
    : {
        content: logprobs.map((entry) => ({ ...likelihood(entry), top_logprobs: entry.top.map(likelihood) })),
        refusal: null,
      }

const likelihood = ({ bytes, logprob, token }: TokenAlternative) => ({ token, logprob, bytes })

function textLogprobs(logprobs: Logprobs, offset: number) {
  if (logprobs === undefined) return null
  let end = offset
  return {
    tokens: logprobs.map(({ token }) => token),
    token_logprobs: logprobs.map(({ logprob }) => logprob),
    top_logprobs: logprobs.map(({ top }) => likelihoods(top)),
    text_offset: logprobs.map(({ token }) => {
      end += token.length
      return end - token.length
    }),
  }
}

/** By text; of tokens that read alike, such as halves of characters, the likeliest. */
function likelihoods(top: ReadonlyArray<TokenAlternative>): Readonly<Record<string, number>> {
  const byText = new Map<string, number>()
  for (const { logprob, token } of top) if (!byText.has(token)) byText.set(token, logprob)
  return Object.fromEntries(byText)
}

export const publicUsage = ({ cachedTokens, completionTokens, promptTokens }: Usage) => ({
  prompt_tokens: promptTokens,
  completion_tokens: completionTokens,
  total_tokens: promptTokens + completionTokens,
  prompt_tokens_details: { cached_tokens: cachedTokens },
})
