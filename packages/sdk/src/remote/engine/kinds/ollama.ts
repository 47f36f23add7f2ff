/** Ollama. Raw prompts and chats by its own API, as the one in OpenAI's style tells no log-probabilities of either. */
import { isList, isRecord, type JsonRecord } from "../../../words/Json.ts"
import type { Endpoint } from "../connection/Endpoint.ts"
import { generateByOllama } from "../generating/generateByOllama.ts"
import type { AnswerRoute, Told } from "../judging/AnswerRoute.ts"
import { toldOf } from "../judging/completionAnswers.ts"
import type { ServedModel } from "../Server.ts"
import type { TokenAsking } from "../Vocabulary.ts"
import { chooseModel, servedModel } from "./describeByModels.ts"
import type { Kind } from "./Kind.ts"
import { modelServer } from "./modelServer.ts"

const path = "/api/generate"
/** Its own limit. */
const mostTop = 20

const topLogprobs: AnswerRoute = async ({ endpoint, model, signal }, questions) => {
  const all: Array<Told> = []
  const { contextLength } = model.description
  for (const { text } of questions) {
    const answer = await readRaw({ endpoint, model: model.name, signal }, text, {
      logprobs: true,
      top_logprobs: mostTop,
      options: { ...oneToken, ...(Number.isFinite(contextLength) && { num_ctx: contextLength }) },
    })
    const first = isList(answer["logprobs"]) ? answer["logprobs"][0] : undefined
    const told = isRecord(first) && isList(first["top_logprobs"]) ? first["top_logprobs"].flatMap(tokenOf) : []
    if (told.length === 0) {
      const remedy = "Update Ollama to 0.12.11 or later, or run the guard on llama.cpp's server or facet serve."
      throw endpoint.error(path, "the answer has no log-probabilities, and without them there is no verdict", remedy)
    }
    all.push({ ...toldOf(told), promptTokens: countOf(answer) ?? 0, cachedTokens: 0 })
  }
  return all
}

const oneToken = { num_predict: 1, temperature: 0 }

function readRaw({ endpoint, model, signal }: TokenAsking, prompt: string, fields: object): Promise<JsonRecord> {
  // What does not fit is an error, and not cut off in silence.
  return endpoint.ask(path, { model, prompt, raw: true, stream: false, truncate: false, ...fields }, signal)
}

function countOf({ prompt_eval_count: count }: JsonRecord): number | undefined {
  return typeof count === "number" ? count : undefined
}

function tokenOf(told: unknown): ReadonlyArray<{ readonly token: string; readonly logprob: number }> {
  const { logprob, token } = isRecord(told) ? told : {}
  return typeof token === "string" && typeof logprob === "number" ? [{ token, logprob }] : []
}

/** The model that was named, `:latest` or not, or the only one; and how much it reads at once, which the server is told. */
async function describe(endpoint: Endpoint, wanted: string | undefined, signal: AbortSignal): Promise<ServedModel> {
  const { models } = await endpoint.ask("/api/tags", undefined, signal)
  const names = isList(models) ? models.filter(isRecord).map(({ name }) => String(name)) : []
  const all = names.map((name) => ({ names: [name, name.replace(/:latest$/, "")] }))
  const name = chooseModel(all, wanted).names[0] ?? ""
  const { model_info: info } = await endpoint.ask("/api/show", { model: name }, signal)
  const fields = isRecord(info) ? info : {}
  const length = fields[`${String(fields["general.architecture"])}.context_length`]
  return servedModel(name, typeof length === "number" ? length : undefined)
}

export const ollama: Kind = {
  answersAs: async ({ find }) => {
    const told = await find("/api/version")
    return isRecord(told) && typeof told["version"] === "string"
  },
  open: (endpoint, remote) =>
    modelServer(endpoint, remote, {
      kind: "ollama",
      describe,
      generate: generateByOllama,
      answers: [topLogprobs],
      count: async (asking, text) => countOf(await readRaw(asking, text, { options: oneToken })),
    }),
}
