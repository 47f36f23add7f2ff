/** The two forms that OpenAI's API has for what a model says: the messages of a chat, and texts. */
import type { FinishReason, TokenAlternative, TokenLogprob, ToolCall, ToolPart, Usage } from "@facet/sdk/words"

/** One entry of `choices`. */
export type Choice = Readonly<Record<string, unknown>>

/** A token of an answer, or of a prompt that is told back: the first of a text has no probability. */
export interface ToldLogprob extends Omit<TokenLogprob, "id" | "bytes" | "logprob"> {
  readonly bytes?: ReadonlyArray<number>
  readonly logprob: number | null
}

type Logprobs = ReadonlyArray<ToldLogprob> | undefined

/** A whole answer. */
export interface Answered {
  readonly text: string
  readonly calls: ReadonlyArray<ToolCall>
}

export interface CompletionFormat {
  readonly idPrefix: string
  /** `object` of a whole answer, and of a chunk. */
  readonly whole: string
  readonly chunk: string
  /** What stands in the first chunk of a choice, ahead of all text. */
  readonly opening: ((index: number) => Choice) | undefined
  /** A piece of a choice. `offset` is how much text of it came before, in UTF-16 units. */
  readonly piece: (index: number, text: string, logprobs: Logprobs, offset: number) => Choice
  /** A piece of a call; `place` is how many came before it. Undefined where it brings nothing new. */
  readonly call: (index: number, place: number, part: ToolPart, logprobs: Logprobs) => Choice | undefined
  readonly closing: (index: number, reason: FinishReason) => Choice
  /** All that was said. */
  readonly answer: (index: number, said: Answered, reason: FinishReason, logprobs: Logprobs) => Choice
}

export const chatFormat: CompletionFormat = {
  idPrefix: "chatcmpl-",
  whole: "chat.completion",
  chunk: "chat.completion.chunk",
  opening: (index) => ({
    index,
    delta: { role: "assistant", content: "", refusal: null },
    logprobs: null,
    finish_reason: null,
  }),
  piece: (index, content, logprobs) => ({
    index,
    delta: { content },
    logprobs: chatLogprobs(logprobs),
    finish_reason: null,
  }),
  call: (index, place, part, logprobs) => {
    const call = callDelta(part)
    if (call === undefined) return undefined
    const delta = { tool_calls: [{ index: place, ...call }] }
    return { index, delta, logprobs: chatLogprobs(logprobs), finish_reason: null }
  },
  closing: (index, reason) => ({ index, delta: {}, logprobs: null, finish_reason: finishReason(reason) }),
  answer: (index, { calls, text }, reason, logprobs) => ({
    index,
    message: {
      role: "assistant",
      content: text === "" && calls.length > 0 ? null : text,
      refusal: null,
      ...(calls.length > 0 && { tool_calls: calls.map(wholeCall) }),
    },
    logprobs: chatLogprobs(logprobs),
    finish_reason: finishReason(reason),
  }),
}

export const textFormat: CompletionFormat = {
  idPrefix: "cmpl-",
  whole: "text_completion",
  chunk: "text_completion",
  opening: undefined,
  piece: (index, text, logprobs, offset) => ({
    index,
    text,
    logprobs: textLogprobs(logprobs, offset),
    finish_reason: null,
  }),
  // It has no place for calls, and so nobody can ask for any.
  call: () => undefined,
  closing: (index, reason) => ({ index, text: "", logprobs: null, finish_reason: finishReason(reason) }),
  answer: (index, { text }, reason, logprobs) => ({
    index,
    text,
    logprobs: textLogprobs(logprobs, 0),
    finish_reason: finishReason(reason),
  }),
}

const reasons: Readonly<Record<FinishReason, string>> = {
  stop: "stop",
  length: "length",
  blocked: "content_filter",
  "tool-calls": "tool_calls",
}

const finishReason = (reason: FinishReason): string => reasons[reason]

/** As clients put it together: the name once, and then the arguments piece by piece. */
function callDelta(part: ToolPart): object | undefined {
  switch (part.type) {
    case "tool-input-start":
      return { id: part.id, type: "function", function: { name: part.name, arguments: "" } }
    case "tool-input-delta":
      return { function: { arguments: part.delta } }
    case "tool-call":
      return undefined
  }
}

const wholeCall = ({ id, input, name }: ToolCall): object => ({
  id,
  type: "function",
  function: { name, arguments: JSON.stringify(input) },
})

/** How likely the tokens of a text are, in the form of a chat. */
export const chatLogprobs = (logprobs: Logprobs) =>
  logprobs === undefined
    ? null
    : {
        content: logprobs.map((entry) => ({ ...likelihood(entry), top_logprobs: entry.top.map(likelihood) })),
        refusal: null,
      }

const likelihood = ({ bytes, logprob, token }: Pick<ToldLogprob, "bytes" | "logprob" | "token">) => ({
  token,
  logprob,
  bytes,
})

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
