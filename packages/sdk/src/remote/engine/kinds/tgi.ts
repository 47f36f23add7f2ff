/** Text Generation Inference. It tells the likeliest 5 tokens; where they do not do, those of a prompt that ends in an answer. */
import { isList, isRecord } from "../../../words/Json.ts"
import { generateByOpenAi } from "../generating/generateByOpenAi.ts"
import type { AnswerAsking, AnswerRoute, Told } from "../judging/AnswerRoute.ts"
import { checkProbabilities } from "../judging/checkProbabilities.ts"
import { toldOf } from "../judging/completionAnswers.ts"
import { servedModel } from "./describeByModels.ts"
import type { Kind } from "./Kind.ts"
import { modelServer } from "./modelServer.ts"
import { invalidRequest } from "../../../words/Errors.ts"

const path = "/generate"
/** Its own limit. */
const mostTop = 5

const topTokens: AnswerRoute = async (asking, questions) => {
  const all: Array<Told> = []
  for (const { text } of questions) {
    const { prefill, top } = await generate(asking, text, { top_n_tokens: mostTop })
    all.push({ ...toldOf(top), promptTokens: prefill.length, cachedTokens: 0 })
  }
  return all
}

/** Two requests a policy: the log-probability of each answer as the prompt's last token. */
const promptLogprobs: AnswerRoute = async (asking, questions) => {
  const all: Array<Told> = []
  for (const { text } of questions) {
    const [yes, no] = [await lastOf(asking, text, "Yes"), await lastOf(asking, text, "No")]
    const told = { yes, no, listed: [], promptTokens: 0, cachedTokens: 0 }
    all.push(checkProbabilities(asking.endpoint, path, told))
  }
  return all
}

async function lastOf(asking: AnswerAsking, text: string, answer: string): Promise<number> {
  const { prefill } = await generate(asking, text + answer, { decoder_input_details: true })
  const last = prefill.at(-1)
  if (last?.token === answer) return last.logprob
  return asking.endpoint.misread(path, "no log-probabilities of the prompt")
}

interface ToldToken {
  readonly token: string
  readonly logprob: number
}

async function generate({ endpoint, signal }: AnswerAsking, inputs: string, parameters: object) {
  const body = { inputs, parameters: { details: true, max_new_tokens: 1, ...parameters } }
  const { details } = await endpoint.ask(path, body, signal)
  const of = (name: string) => (isRecord(details) && isList(details[name]) ? details[name] : [])
  const [top] = of("top_tokens")
  return { prefill: of("prefill").flatMap(tokenOf), top: isList(top) ? top.flatMap(tokenOf) : [] }
}

function tokenOf(told: unknown): ReadonlyArray<ToldToken> {
  const { logprob, text } = isRecord(told) ? told : {}
  return typeof text === "string" && typeof logprob === "number" ? [{ token: text, logprob }] : []
}

export const tgi: Kind = {
  answersAs: async ({ find }) => {
    const info = await find("/info")
    return isRecord(info) && info["router"] === "text-generation-router"
  },
  open: (endpoint, remote) =>
    modelServer(endpoint, remote, {
      kind: "tgi",
      describe: async (endpoint, wanted, signal) => {
        const { max_total_tokens: length, model_id: name } = await endpoint.ask("/info", undefined, signal)
        if (typeof name !== "string") return endpoint.misread("/info", "no model")
        if (wanted !== undefined && wanted !== name) {
          throw invalidRequest("model", `the server has no "${wanted}"`, `Name ${name}, or another server.`)
        }
        return servedModel(name, typeof length === "number" ? length : undefined)
      },
      generate: generateByOpenAi({ sampling: {} }),
      answers: [topTokens, promptLogprobs],
      count: async ({ endpoint, signal }, inputs) => {
        const tokens = await endpoint.find("/tokenize", { inputs }, signal)
        return isList(tokens) ? tokens.length : undefined
      },
    }),
}
