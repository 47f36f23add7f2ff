/** What a guard answers, out of the likeliest tokens that `/v1/completions` tells: OpenAI's API, and no more than it. */
import { mostAlternatives } from "../../../words/GenerateOptions.ts"
import { isList, isRecord } from "../../../words/Json.ts"
import { openAiLogprobs } from "../generating/openAiLogprobs.ts"
import { usageOf } from "../generating/usageOf.ts"
import type { TokenAsking } from "../Vocabulary.ts"
import type { AnswerRoute, Told } from "./AnswerRoute.ts"

const path = "/v1/completions"

/** Policies are asked one after the other: those of one content share its tokens, which servers keep from the one before. */
export const completionAnswers: AnswerRoute = async ({ endpoint, model, signal }, questions) => {
  const told: Array<Told> = []
  for (const { text } of questions) {
    const body = { model: model.name, prompt: text, max_tokens: 1, temperature: 0, logprobs: mostAlternatives }
    const answer = await endpoint.ask(path, body, signal)
    const choice = isList(answer["choices"]) ? answer["choices"][0] : undefined
    const first = isRecord(choice) ? openAiLogprobs(choice["logprobs"])?.[0] : undefined
    if (first === undefined) {
      throw endpoint.error(
        path,
        "the answer has no log-probabilities, and without them there is no verdict",
        "Run the guard on a server that tells them, such as vLLM, SGLang, llama.cpp's or facet serve.",
      )
    }
    // The chosen token may be missing among the likeliest, and is one of them.
    const all = first.top.some(({ token }) => token === first.token) ? first.top : [first, ...first.top]
    told.push({ ...toldOf(all), ...usageOf(answer["usage"]) })
  }
  return told
}

/** How many tokens the server reads of a text, `<bos>` among them; undefined where it does not tell. */
export async function countByCompletion(
  { endpoint, model, signal }: TokenAsking,
  prompt: string,
): Promise<number | undefined> {
  const answer = await endpoint.ask(path, { model, prompt, max_tokens: 1, temperature: 0 }, signal)
  const { promptTokens } = usageOf(answer["usage"])
  return promptTokens === 0 ? undefined : promptTokens
}

/** The two answers among tokens that are told as texts: `Yes` is not ` Yes`. */
export function toldOf(all: ReadonlyArray<{ readonly token: string; readonly logprob: number }>) {
  const of = (answer: string) => all.find(({ token }) => token === answer)?.logprob
  return { yes: of("Yes"), no: of("No"), listed: all.map(({ logprob }) => logprob) }
}
