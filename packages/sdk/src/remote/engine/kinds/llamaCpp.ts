/** llama.cpp's own server. It takes token ids, so that no text can spell a control token, and tells all probabilities. */
import { isList, isRecord } from "../../../words/Json.ts"
import { generateByOpenAi } from "../generating/generateByOpenAi.ts"
import type { AnswerAsking, AnswerRoute, Question, Told } from "../judging/AnswerRoute.ts"
import { checkProbabilities } from "../judging/checkProbabilities.ts"
import type { Answers, TokenRoutes } from "../Vocabulary.ts"
import { describeByModels, servedModel } from "./describeByModels.ts"
import type { Kind } from "./Kind.ts"
import { modelServer } from "./modelServer.ts"
import { idsOf, textOf } from "./TokenAnswers.ts"

const tokens: TokenRoutes = {
  encode: async ({ endpoint, model, signal }, content, isControl) => {
    const body = { model, content, add_special: false, parse_special: isControl }
    return idsOf(endpoint, "/tokenize", (await endpoint.ask("/tokenize", body, signal))["tokens"])
  },
  decode: async ({ endpoint, model, signal }, ids) =>
    textOf(endpoint, "/detokenize", (await endpoint.ask("/detokenize", { model, tokens: ids }, signal))["content"]),
  readsControls: false,
}

/** Both answers are nearly always among these; else all are asked for. */
const usualProbs = 50
/** More than any vocabulary has: the server tells as many as there are. */
const allProbs = 1_000_000
const path = "/completion"

/** Policies are asked one after the other: those of one content share its tokens, which the server keeps from the one before. */
const probabilities =
  (count: number): AnswerRoute =>
  async (asking, questions) => {
    const { answers } = asking
    if (answers === undefined) return undefined
    const all: Array<Told> = []
    for (const question of questions) all.push(await ask(asking, answers, question, count))
    return all
  }

async function ask(
  { endpoint, model, signal }: AnswerAsking,
  answers: Answers,
  { tokens: prompt }: Question,
  count: number,
): Promise<Told> {
  // Under a temperature below 0 the likeliest token is taken, and what is told is the model's own softmax.
  const body = { model: model.name, prompt, n_predict: 1, temperature: -1, n_probs: count, cache_prompt: true }
  const answer = await endpoint.ask(path, body, signal)
  const first = isList(answer["completion_probabilities"]) ? answer["completion_probabilities"][0] : undefined
  const top = isRecord(first) && isList(first["top_logprobs"]) ? first["top_logprobs"].filter(isRecord) : []
  if (top.length === 0) return endpoint.misread(path, "no probabilities")
  const of = (id: number, answer: string) => {
    const { logprob, token } = top.find((entry) => entry["id"] === id) ?? {}
    // Another vocabulary than the one that was asked for the ids.
    if (typeof token === "string" && token !== answer) return endpoint.misread(path, "tokens of another model")
    return typeof logprob === "number" ? logprob : undefined
  }
  const timings = isRecord(answer["timings"]) ? answer["timings"] : {}
  return checkProbabilities(endpoint, path, {
    yes: of(answers.yes, "Yes"),
    no: of(answers.no, "No"),
    listed: top.flatMap(({ logprob }) => (typeof logprob === "number" ? [logprob] : [])),
    promptTokens: prompt.length,
    cachedTokens: typeof timings["cache_n"] === "number" ? timings["cache_n"] : 0,
  })
}

export const llamaCpp: Kind = {
  answersAs: ({ owners = [] }) => owners.includes("llamacpp"),
  open: (endpoint, remote) =>
    modelServer(endpoint, remote, {
      kind: "llama.cpp",
      describe: async (endpoint, wanted, signal) => {
        const { description, name } = await describeByModels(endpoint, wanted, signal)
        const props = await endpoint.find("/props", undefined, signal)
        const settings = isRecord(props) ? props["default_generation_settings"] : undefined
        const length = isRecord(settings) ? settings["n_ctx"] : undefined
        return servedModel(name, typeof length === "number" ? length : description.contextLength)
      },
      generate: generateByOpenAi({
        sampling: { topK: "top_k", minP: "min_p", repetitionPenalty: "repeat_penalty" },
        // The server has filters of its own, which are in force unless they are told to do nothing.
        usual: { top_k: 0, top_p: 1, min_p: 0 },
        constraints: { grammar: (grammar) => ({ grammar }) },
      }),
      tokens,
      answers: [probabilities(usualProbs), probabilities(allProbs)],
    }),
}
