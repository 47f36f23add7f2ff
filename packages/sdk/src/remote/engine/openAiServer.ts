/** A server that speaks OpenAI's API, whatever stands behind it. */
import type { JsonRecord } from "../../words/Json.ts"
import { isList, isRecord } from "../../words/Json.ts"
import { invalidRequest } from "../../words/Errors.ts"
import { mostAlternatives } from "../../words/GenerateOptions.ts"
import type { RemoteModel } from "../../words/RemoteModel.ts"
import type { JudgeRequest } from "../../words/Request.ts"
import type { TemplatePart } from "../../words/TemplatePart.ts"
import type { Verdict } from "../../words/Verdict.ts"
import { checkNoControls, textOfParts } from "./ControlTokens.ts"
import type { Endpoint } from "./Endpoint.ts"
import { generateByOpenAi } from "./generateByOpenAi.ts"
import { type Asked, judgeByLogprobs } from "./judgeByLogprobs.ts"
import { openAiLogprobs } from "./openAiLogprobs.ts"
import type { ServedModel, Server } from "./Server.ts"
import { usageOf } from "./usageOf.ts"

export const openAiServer = (endpoint: Endpoint, { model }: RemoteModel): Server => {
  let served: ServedModel | undefined
  const describe = async (signal: AbortSignal) => (served ??= await describeModel(endpoint, model, signal))
  return {
    kind: "openai",
    url: endpoint.url,
    describe,
    async *generate(request, signal) {
      yield* generateByOpenAi(endpoint, (await describe(signal)).name, request, signal)
    },
    judge: async (request, signal) => judge(endpoint, (await describe(signal)).name, request, signal),
  }
}

/**
 * The model that was named, or the only one.
 *
 * @throws InvalidRequestError where there is no such model, or several and none was named
 */
export async function describeModel(
  endpoint: Endpoint,
  wanted: string | undefined,
  signal: AbortSignal,
): Promise<ServedModel> {
  const { data } = await endpoint.ask("/v1/models", undefined, signal)
  const models = isList(data) ? data.filter(isRecord).filter(({ id }) => typeof id === "string") : []
  if (models.length === 0) endpoint.misread("/v1/models", "no list of models")
  const names = models.map(({ id }) => String(id))
  const found = wanted === undefined ? (models.length === 1 ? models[0] : undefined) : modelOf(models, wanted)
  if (found === undefined) {
    const problem = wanted === undefined ? "the server has several models" : `the server has no "${wanted}"`
    throw invalidRequest("model.model", problem, `Name one of ${names.slice(0, 10).join(", ")}.`)
  }
  const meta = isRecord(found["meta"]) ? found["meta"] : {}
  // vLLM's field, and llama.cpp's.
  const length = [found["max_model_len"], meta["n_ctx"]].find((field) => typeof field === "number")
  return {
    name: String(found["id"]),
    description: {
      architecture: "unknown",
      contextLength: typeof length === "number" ? length : Infinity,
      leftOut: [],
      device: { name: "server", rejected: [] },
    },
  }
}

const modelOf = (models: ReadonlyArray<JsonRecord>, wanted: string) =>
  models.find(({ aliases, id }) => id === wanted || (isList(aliases) && aliases.includes(wanted)))

async function judge(endpoint: Endpoint, model: string, request: JudgeRequest, signal: AbortSignal): Promise<Verdict> {
  for (const side of ["prompt", "response"] as const) checkNoControls(side, request[side] ?? "")
  return judgeByLogprobs(request, endpoint.url, (parts) => ask(endpoint, model, parts, signal))
}

const path = "/v1/completions"

async function ask(
  endpoint: Endpoint,
  model: string,
  parts: ReadonlyArray<TemplatePart>,
  signal: AbortSignal,
): Promise<Asked> {
  const body = { model, prompt: textOfParts(parts), max_tokens: 1, temperature: 0, logprobs: mostAlternatives }
  const answer = await endpoint.ask(path, body, signal)
  const choice = isList(answer["choices"]) ? answer["choices"][0] : undefined
  const told = isRecord(choice) ? openAiLogprobs(choice["logprobs"])?.[0] : undefined
  if (told === undefined) {
    throw endpoint.error(
      path,
      "the answer has no log-probabilities, and without them there is no verdict",
      "Run the guard on a server that tells them, such as vLLM, llama.cpp's or facet serve.",
    )
  }
  // The chosen token may be missing among the likeliest, and is one of them.
  const all = told.top.some(({ token }) => token === told.token) ? told.top : [told, ...told.top]
  const of = (answer: string) => all.find(({ token }) => token === answer)?.logprob
  return {
    yes: of("Yes"),
    no: of("No"),
    listed: all.map(({ logprob }) => logprob),
    ...usageOf(answer["usage"]),
  }
}
