/** A prompt that is told back, with how likely its tokens are where that was asked for. */
import type { Prompt, ScoreToken } from "@facet/sdk/words"
import { isTokenPrompt } from "@facet/sdk/words"
import type { Exchange } from "../Exchange.ts"
import { isLetIn } from "../isLetIn.ts"
import type { CompletionModel } from "./CompletionModel.ts"
import type { ToldLogprob } from "./CompletionFormat.ts"
import type { CompletionJob } from "./CompletionJob.ts"

export interface Echo {
  readonly text: string
  /** One for each token of the prompt: of a text without the `<bos>` that was put before it, of token ids for all. */
  readonly logprobs: ReadonlyArray<ToldLogprob> | undefined
  /** As the model reads it, `<bos>` counted. */
  readonly tokens: number
  /** The guard holds it back. Asked only where nothing is generated, as a generation's own guard judges its prompt. */
  readonly isBlocked: boolean
}

export async function echoOf(
  prompt: Prompt,
  { cacheSalt, echo, options: { logprobs } }: Pick<CompletionJob, "cacheSalt" | "echo" | "options">,
  { facet, guard }: CompletionModel,
  exchange: Exchange,
): Promise<Echo> {
  const call = exchange.call(cacheSalt)
  const rendered = await facet.tokens.render(prompt, {
    ...call,
    ...(typeof prompt === "string" && { template: "none" }),
  })
  const text = typeof prompt === "string" ? prompt : rendered.text
  const told = { text, tokens: rendered.tokens.length, logprobs: undefined, isBlocked: false }
  if (echo === "alone" && !(await isLetIn(facet, guard, text, exchange))) return { ...told, isBlocked: true }
  if (logprobs === undefined || logprobs === false) return told
  const alternatives = logprobs === true ? 0 : logprobs
  const { tokens } = await facet.score(rendered, { alternatives, ...call })
  return { ...told, logprobs: (isTokenPrompt(prompt) ? tokens : tokens.slice(1)).map(toldToken) }
}

/** Half a character is told as U+FFFD, as it is in what the model writes. */
const toldToken = ({ logprob, token, top = [] }: ScoreToken): ToldLogprob => ({
  token: /^<0x[0-9A-F]{2}>$/.test(token) ? "\uFFFD" : token,
  logprob,
  top,
})
