/** llama.cpp's own server. It takes token ids, so that no text can spell a control token, and tells all probabilities. */
import { ServerError } from "../../words/Errors.ts"
import { isList, isRecord } from "../../words/Json.ts"
import type { RemoteModel } from "../../words/RemoteModel.ts"
import type { JudgeRequest } from "../../words/Request.ts"
import type { TemplatePart } from "../../words/TemplatePart.ts"
import type { Endpoint } from "./Endpoint.ts"
import { type Dialect, generateByOpenAi } from "./generateByOpenAi.ts"
import { type Asked, judgeByLogprobs } from "./judgeByLogprobs.ts"
import { describeModel } from "./openAiServer.ts"
import type { ServedModel, Server } from "./Server.ts"

const dialect: Dialect = {
  sampling: {
    temperature: "temperature",
    topK: "top_k",
    topP: "top_p",
    minP: "min_p",
    repetitionPenalty: "repeat_penalty",
    presencePenalty: "presence_penalty",
    frequencyPenalty: "frequency_penalty",
    seed: "seed",
  },
  takesGrammars: true,
}

export const llamaCppServer = (endpoint: Endpoint, { model }: RemoteModel): Server => {
  let served: ServedModel | undefined
  let answers: Answers | undefined
  const controls: Controls = new Map()
  const describe = async (signal: AbortSignal) => (served ??= await describeModel(endpoint, model, signal))
  return {
    kind: "llama.cpp",
    url: endpoint.url,
    describe,
    async *generate(request, signal) {
      yield* generateByOpenAi(endpoint, (await describe(signal)).name, unfiltered(request), signal, dialect)
    },
    async judge(request: JudgeRequest, signal) {
      const { name } = await describe(signal)
      answers ??= await findAnswers(endpoint, name, signal)
      const known = answers
      return judgeByLogprobs(request, endpoint.url, async (parts) =>
        ask(endpoint, name, known, await encode(endpoint, name, controls, parts, signal), signal),
      )
    },
  }
}

/** The server has filters of its own, which are in force unless they are told to do nothing. */
const unfiltered = <R extends object>(request: R): R => ({ topK: 0, topP: 1, minP: 0, ...withoutUndefined(request) })

const withoutUndefined = <R extends object>(request: R): R =>
  // The same fields, less those without a value.
  Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined)) as R

/** Ids of `Yes` and of `No`. */
interface Answers {
  readonly yes: number
  readonly no: number
}

/** @throws ServerError where the model has no single tokens for them, and so is no ShieldGemma */
async function findAnswers(endpoint: Endpoint, model: string, signal: AbortSignal): Promise<Answers> {
  const [yes, no] = [
    await tokenise(endpoint, { model, content: "Yes" }, signal),
    await tokenise(endpoint, { model, content: "No" }, signal),
  ]
  const [yesId, noId] = [yes[0], no[0]]
  if (yes.length === 1 && no.length === 1 && yesId !== undefined && noId !== undefined) return { yes: yesId, no: noId }
  throw new ServerError({
    url: endpoint.url,
    problem: "its model has no single token for `Yes` or for `No`, the answers of a ShieldGemma",
    remedy: "Name a server that runs a ShieldGemma.",
  })
}

/** The ids of parts in a row: neighbouring texts as one, control tokens where the prompt has them and nowhere else. */
async function encode(
  endpoint: Endpoint,
  model: string,
  controls: Controls,
  parts: ReadonlyArray<TemplatePart>,
  signal: AbortSignal,
): Promise<ReadonlyArray<number>> {
  const ids: Array<number> = []
  let text = ""
  const flush = async () => {
    if (text !== "") ids.push(...(await tokenise(endpoint, { model, content: text }, signal)))
    text = ""
  }
  for (const part of parts) {
    if (typeof part === "string") {
      text += part
      continue
    }
    await flush()
    const id = controls.get(part.control) ?? (await controlId(endpoint, model, part.control, signal))
    controls.set(part.control, id)
    ids.push(id)
  }
  await flush()
  return ids
}

/** Ids of control tokens that were asked for before. */
type Controls = Map<string, number>

async function controlId(endpoint: Endpoint, model: string, content: string, signal: AbortSignal): Promise<number> {
  const [id, ...more] = await tokenise(endpoint, { model, content, parse_special: true }, signal)
  if (id !== undefined && more.length === 0) return id
  throw endpoint.error(tokenisePath, `its model has no token ${content}`, "Name a server that runs a ShieldGemma.")
}

const tokenisePath = "/tokenize"

async function tokenise(
  endpoint: Endpoint,
  body: { readonly model: string; readonly content: string; readonly parse_special?: boolean },
  signal: AbortSignal,
): Promise<ReadonlyArray<number>> {
  const { tokens } = await endpoint.ask(tokenisePath, { add_special: false, parse_special: false, ...body }, signal)
  if (!isList(tokens) || !tokens.every((id) => typeof id === "number")) {
    return endpoint.misread(tokenisePath, "no list of token ids")
  }
  return tokens
}

/** Both answers are nearly always among these; else all are asked for. */
const usualProbs = 50
/** More than any vocabulary has: the server tells as many as there are. */
const allProbs = 1_000_000
const path = "/completion"

async function ask(
  endpoint: Endpoint,
  model: string,
  answers: Answers,
  prompt: ReadonlyArray<number>,
  signal: AbortSignal,
): Promise<Asked> {
  for (const count of [usualProbs, allProbs]) {
    // Under a temperature below 0 the likeliest token is taken, and what is told is the model's own softmax.
    const body = { model, prompt, n_predict: 1, temperature: -1, n_probs: count, cache_prompt: true }
    const answer = await endpoint.ask(path, body, signal)
    const first = isList(answer["completion_probabilities"]) ? answer["completion_probabilities"][0] : undefined
    const top = isRecord(first) ? first["top_logprobs"] : undefined
    if (!isList(top) || top.length === 0) return endpoint.misread(path, "no probabilities")
    const told = top.filter(isRecord)
    const of = (id: number) => {
      const logprob = told.find((entry) => entry["id"] === id)?.["logprob"]
      return typeof logprob === "number" ? logprob : undefined
    }
    const [yes, no] = [of(answers.yes), of(answers.no)]
    if (count !== allProbs && (yes === undefined || no === undefined)) continue
    const timings = isRecord(answer["timings"]) ? answer["timings"] : {}
    const cached = typeof timings["cache_n"] === "number" ? timings["cache_n"] : 0
    const listed = told.flatMap(({ logprob }) => (typeof logprob === "number" ? [logprob] : []))
    return { yes, no, listed, promptTokens: prompt.length, cachedTokens: cached }
  }
  return endpoint.misread(path, "no probabilities")
}
