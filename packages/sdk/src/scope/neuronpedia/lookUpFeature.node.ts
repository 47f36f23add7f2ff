/** What Neuronpedia says of one feature, kept in Facet's cache. */
import { isOffline } from "../../files/hub/HubSettings.node.ts"
import { JsonApi } from "../../files/hub/JsonApi.node.ts"
import { proxiedFetch } from "../../files/hub/proxiedFetch.node.ts"
import { isJsonObject, type JsonObject } from "../../files/ModelFiles.ts"
import { checkWhole } from "../../words/Checks.ts"
import { DownloadError } from "../../words/Errors.ts"
import { featurePath, keep, readKept } from "./NeuronpediaCache.node.ts"
import { type Source, sourceName } from "./Source.ts"

export interface LookUpOptions {
  /** Neuronpedia's key, for more than the public limit: `NEURONPEDIA_API_KEY` where it is left out. It stays on the server. */
  readonly apiKey?: string | undefined
  readonly signal?: AbortSignal | undefined
  readonly retryDelaysMs?: ReadonlyArray<number> | undefined
}

/** A feature as Neuronpedia has it. */
export interface PublishedFeature {
  readonly index: number
  /** In the words of people and models, the first as its page shows it. */
  readonly descriptions: ReadonlyArray<string>
  /** The page to look at. */
  readonly page: string
  /** All that it says: its dashboard, in Neuronpedia's fields. */
  readonly all: JsonObject
}

const address = (): string => (process.env["NEURONPEDIA_URL"] || "https://www.neuronpedia.org").replace(/\/+$/, "")

/**
 * Looks a feature up: in the cache, else at Neuronpedia, which limits how often it is asked; a limit that is reached is waited for
 * as long as it says, where that is a few minutes.
 *
 * Rejects with a `DownloadError` when there is no such feature, nothing answers, or the network is not to be used.
 */
export async function lookUpFeature(
  source: Source,
  index: number,
  options: LookUpOptions = {},
): Promise<PublishedFeature> {
  checkWhole("index", index)
  const path = featurePath(source, index)
  const kept = await readKept(path)
  const page = `${address()}/${sourceName(source)}/${index}`
  if (kept !== undefined) {
    const known = parse(kept)
    if (known !== undefined) return described(index, page, known)
  }
  if (isOffline()) {
    throw new DownloadError({
      url: page,
      problem: "it was not looked up before, and the network is not to be used (HF_HUB_OFFLINE)",
      remedy: "Look it up where there is one, or fetch all labels with `facet scope labels`.",
    })
  }
  const all = await ask(source, index, page, options)
  await keep(path, `${JSON.stringify(all)}\n`)
  return described(index, page, all)
}

async function ask(source: Source, index: number, page: string, options: LookUpOptions): Promise<JsonObject> {
  const key = options.apiKey ?? process.env["NEURONPEDIA_API_KEY"]
  const api = new JsonApi({
    page,
    // A key that followed a redirect would be somebody else's.
    fetch: (url, init) => proxiedFetch(url, { ...init, headers: withKey(init, key), redirect: "error" }),
    whyRefused: ({ status }) => whyRefused(page, status),
    remedy: "For a mirror of Neuronpedia set NEURONPEDIA_URL.",
    retryDelaysMs: options.retryDelaysMs,
    signal: options.signal,
  })
  const url = `${address()}/api/feature/${sourceName(source)}/${index}`
  return api.understood(async () => {
    const answer: unknown = await (await api.get(url)).json()
    if (!isJsonObject(answer)) throw new Error("it is no object")
    const { index: at, modelId, layer } = answer
    if (Number(at) !== index || modelId !== source.model || layer !== source.source) {
      throw new Error(`it is of ${String(modelId)}/${String(layer)}/${String(at)}`)
    }
    return answer
  })
}

function withKey(init: RequestInit, key: string | undefined): Record<string, string> {
  const headers = Object.fromEntries(new Headers(init.headers))
  return key === undefined || key === "" ? headers : { ...headers, "x-api-key": key }
}

function whyRefused(page: string, status: number): DownloadError | undefined {
  if (status === 404) {
    return new DownloadError({
      url: page,
      problem: "Neuronpedia has no such feature",
      remedy: "Check its source and index.",
    })
  }
  if (status === 401 || status === 403) {
    return new DownloadError({
      url: page,
      problem: `Neuronpedia does not take the key (status ${status})`,
      remedy: "Check NEURONPEDIA_API_KEY, or leave it out.",
    })
  }
  return undefined
}

function parse(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function described(index: number, page: string, all: JsonObject): PublishedFeature {
  const { explanations } = all
  const descriptions = (Array.isArray(explanations) ? explanations : []).flatMap((one: unknown) => {
    const description = isJsonObject(one) ? one["description"] : undefined
    return typeof description === "string" ? [description.trim()] : []
  })
  return { index, descriptions, page, all }
}
