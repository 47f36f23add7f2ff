import { invalidRequest } from "../../../words/Errors.ts"
import { isList, isRecord, type JsonRecord } from "../../../words/Json.ts"
import type { Endpoint } from "../connection/Endpoint.ts"
import type { ServedModel } from "../Server.ts"

const path = "/v1/models"

/**
 * The model that was named, or the only one, as OpenAI's API lists it.
 *
 * @throws InvalidRequestError where there is no such model, or several and none was named
 */
export async function describeByModels(
  endpoint: Endpoint,
  wanted: string | undefined,
  signal: AbortSignal,
): Promise<ServedModel> {
  const { data } = await endpoint.ask(path, undefined, signal)
  const models = isList(data) ? data.filter(isRecord).filter(({ id }) => typeof id === "string") : []
  if (models.length === 0) endpoint.misread(path, "no list of models")
  const { model: found } = chooseModel(
    models.map((model) => ({ model, names: namesOf(model) })),
    wanted,
  )
  const meta = isRecord(found["meta"]) ? found["meta"] : {}
  // vLLM's and SGLang's field, and llama.cpp's.
  const length = [found["max_model_len"], meta["n_ctx"]].find((field) => typeof field === "number")
  return servedModel(String(found["id"]), length)
}

const namesOf = ({ aliases, id }: JsonRecord): ReadonlyArray<string> => [
  String(id),
  ...(isList(aliases) ? aliases.map(String) : []),
]

/** The one that was named, or the only one. The first of a model's names is shown. */
export function chooseModel<M extends { readonly names: ReadonlyArray<string> }>(
  models: ReadonlyArray<M>,
  wanted: string | undefined,
): M {
  const [only, ...more] = wanted === undefined ? models : models.filter(({ names }) => names.includes(wanted))
  if (only !== undefined && (wanted !== undefined || more.length === 0)) return only
  const problem = wanted === undefined ? "the server has several models" : `the server has no "${wanted}"`
  const names = models.map(({ names }) => names[0])
  throw invalidRequest("model", problem, `Name one of ${names.slice(0, 10).join(", ")}.`)
}

/** @param contextLength tokens; undefined where the server does not tell. */
export const servedModel = (name: string, contextLength: number | undefined): ServedModel => ({
  name,
  description: {
    architecture: "unknown",
    contextLength: contextLength ?? Infinity,
    leftOut: [],
    device: { name: "server", rejected: [] },
  },
})
