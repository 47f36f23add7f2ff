/** vLLM. It takes token ids, and tells the log-probabilities of the two answers by one of three routes. */
import { isList, isRecord } from "../../../words/Json.ts"
import { type Dialect, noFilters } from "../generating/Dialect.ts"
import { generateByOpenAi } from "../generating/generateByOpenAi.ts"
import { usageOf } from "../generating/usageOf.ts"
import type { Endpoint } from "../connection/Endpoint.ts"
import type { AnswerAsking, AnswerRoute, Question, Told } from "../judging/AnswerRoute.ts"
import { completionAnswers, countByCompletion } from "../judging/completionAnswers.ts"
import { checkProbabilities } from "../judging/checkProbabilities.ts"
import { splitPrompts } from "../judging/splitPrompts.ts"
import { toldByScore } from "../judging/toldByScore.ts"
import type { TokenRoutes } from "../Vocabulary.ts"
import { describeByModels } from "./describeByModels.ts"
import { idsOf, textOf } from "./TokenAnswers.ts"
import type { Kind } from "./Kind.ts"
import { modelServer, type ServerTable } from "./modelServer.ts"

export const vllmTokens: TokenRoutes = {
  encode: async ({ endpoint, model, signal }, text) => {
    const body = { model, prompt: text, add_special_tokens: false }
    return idsOf(endpoint, "/tokenize", (await endpoint.ask("/tokenize", body, signal))["tokens"])
  },
  decode: async ({ endpoint, model, signal }, tokens) =>
    textOf(endpoint, "/detokenize", (await endpoint.ask("/detokenize", { model, tokens }, signal))["prompt"]),
  readsControls: true,
}

/** From 0.22: all policies in one request, a softmax over the two answers. */
const generativeScoring: AnswerRoute = async ({ answers, endpoint, model, signal }, questions) => {
  if (answers === undefined) return undefined
  const path = "/generative_scoring"
  const body = {
    model: model.name,
    ...splitPrompts(questions.map(({ tokens }) => tokens)),
    label_token_ids: [answers.yes, answers.no],
    apply_softmax: true,
  }
  const answer = await endpoint.find(path, body, signal)
  if (answer === undefined) return undefined
  checkWhole(endpoint, path, answer, questions)
  const data = isRecord(answer) && isList(answer["data"]) ? answer["data"].filter(isRecord) : []
  return questions.map((question, place) => {
    // They may come in any order.
    const one = data.find(({ index }, at) => (typeof index === "number" ? index === place : at === place))
    return toldByScore(endpoint, path, one?.["score"], question)
  })
}

/** What does not fit into the context the route cuts off without a word, and scores what is left. */
function checkWhole(endpoint: Endpoint, path: string, answer: unknown, questions: ReadonlyArray<Question>): void {
  const { promptTokens } = usageOf(isRecord(answer) ? answer["usage"] : undefined)
  const asked = questions.reduce((sum, { tokens }) => sum + tokens.length, 0)
  if (promptTokens === 0 || promptTokens >= asked) return
  const remedy =
    "Start it with a larger --max-model-len, or judge shorter texts: `window` beside `url` is how long they may be."
  throw endpoint.error(
    path,
    `it has read ${promptTokens} tokens of ${asked}, and so did not judge all of the text`,
    remedy,
  )
}

/** From #43463: all policies in one request, the log-probabilities of two ids. Older ones tell the likeliest 20 alone. */
const logprobsOfIds: AnswerRoute = async (asking, questions) => {
  const { answers } = asking
  if (answers === undefined) return undefined
  const told = await completions(asking, questions, { logprobs: 20, logprob_token_ids: [answers.yes, answers.no] })
  return told.map(({ all, ...usage }) => ({
    yes: all.get(answers.yes),
    no: all.get(answers.no),
    listed: [...all.values()],
    ...usage,
  }))
}

/** Any version: two requests, in each of which one answer is all that may be said, with the log-probability from before that. */
const allowedTokens: AnswerRoute = async (asking, questions) => {
  const { answers } = asking
  if (answers === undefined) return undefined
  const only = (id: number) => completions(asking, questions, { logprobs: 1, allowed_token_ids: [id] })
  const [yes, no] = [await only(answers.yes), await only(answers.no)]
  return questions
    .map((_, i) => ({
      yes: yes[i]?.all.get(answers.yes),
      no: no[i]?.all.get(answers.no),
      listed: [],
      promptTokens: (yes[i]?.promptTokens ?? 0) + (no[i]?.promptTokens ?? 0),
      cachedTokens: (yes[i]?.cachedTokens ?? 0) + (no[i]?.cachedTokens ?? 0),
    }))
    .map((told) => checkProbabilities(asking.endpoint, path, told))
}

const path = "/v1/completions"

interface Completion extends Pick<Told, "promptTokens" | "cachedTokens"> {
  /** Log-probabilities of the first token, by its id. */
  readonly all: ReadonlyMap<number, number>
}

async function completions(
  {
    endpoint,
    model,
    signal,
  }: Pick<AnswerAsking, "endpoint" | "signal"> & { readonly model: { readonly name: string } },
  questions: ReadonlyArray<Question>,
  fields: object,
): Promise<ReadonlyArray<Completion>> {
  const body = {
    model: model.name,
    prompt: questions.map(({ tokens }) => tokens),
    max_tokens: 1,
    temperature: 0,
    return_tokens_as_token_ids: true,
    ...fields,
  }
  const answer = await endpoint.ask(path, body, signal)
  const choices = isList(answer["choices"]) ? answer["choices"].filter(isRecord) : []
  const usage = usageOf(answer["usage"])
  return questions.map((question, place) => {
    const choice = choices.find(({ index }) => index === place)
    const all = logprobsById(choice?.["logprobs"])
    if (all.size === 0) return endpoint.misread(path, "no log-probabilities by token ids")
    // What is told is the sum of all questions: it is counted with the first.
    const { length } = question.tokens
    return { all, promptTokens: length, cachedTokens: place === 0 ? usage.cachedTokens : 0 }
  })
}

function logprobsById(logprobs: unknown): ReadonlyMap<number, number> {
  const { token_logprobs: chosen, tokens, top_logprobs: top } = isRecord(logprobs) ? logprobs : {}
  const first = isList(top) && isRecord(top[0]) ? Object.entries(top[0]) : []
  const said: ReadonlyArray<readonly [string, unknown]> =
    isList(tokens) && isList(chosen) ? [[String(tokens[0]), chosen[0]], ...first] : first
  const all = new Map<number, number>()
  for (const [name, logprob] of said) {
    const id = /^token_id:(\d+)$/.exec(name)?.[1]
    if (id !== undefined && typeof logprob === "number" && !Number.isNaN(logprob)) all.set(Number(id), logprob)
  }
  return all
}

const dialect: Dialect = {
  sampling: { topK: "top_k", minP: "min_p", repetitionPenalty: "repetition_penalty" },
  fields: { minTokens: "min_tokens", stopTokens: "stop_token_ids" },
  continuesMessages: true,
  constraints: { choices: (choices) => ({ structured_outputs: { choice: choices } }) },
}

/** What it has beside OpenAI's API. NIM is made of it. */
export const vllmTable: ServerTable = {
  kind: "vllm",
  cutsRawTexts: true,
  describe: describeByModels,
  generate: generateByOpenAi(dialect),
  tokens: vllmTokens,
  // The last, for where nothing but OpenAI's API is to be had.
  logprobs: async ({ endpoint, model: name, signal }, tokens, ids) => {
    const asking = { endpoint, model: { name }, signal }
    const [told] = await completions(asking, [{ tokens, text: "" }], { logprobs: ids.length, logprob_token_ids: ids })
    return [...(told?.all.values() ?? [])]
  },
  answers: [generativeScoring, logprobsOfIds, allowedTokens, completionAnswers],
  count: countByCompletion,
}

export const vllm: Kind = {
  answersAs: ({ owners = [] }) => owners.includes("vllm"),
  open: (endpoint, remote) =>
    modelServer(endpoint, remote, { ...vllmTable, generate: generateByOpenAi({ ...dialect, usual: noFilters }) }),
}
