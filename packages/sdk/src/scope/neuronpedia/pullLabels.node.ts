/**
 * Labels of all features of a source, from Neuronpedia's bulk exports: `explanations/batch-N.jsonl.gz`, whose rows are ordered
 * by the index as text, so that each batch holds indices from everywhere.
 *
 * Source: Neuronpedia's exports and their documentation.
 */
import { gunzipSync } from "node:zlib"
import { isOffline } from "../../files/hub/HubSettings.node.ts"
import { proxiedFetch } from "../../files/hub/proxiedFetch.node.ts"
import { impatience } from "../../files/http/HttpSource.ts"
import { retry } from "../../files/http/retry.ts"
import { isJsonObject } from "../../files/ModelFiles.ts"
import { DownloadError } from "../../words/Errors.ts"
import { isIndex } from "../Labels.ts"
import { keep, labelsPath } from "./NeuronpediaCache.node.ts"
import { type Source, sourceName } from "./Source.ts"

export interface PullLabelsOptions {
  /** Told of each batch: how many have come, and of how many, by the autoencoder's width. */
  readonly onBatch?: ((done: number, expected: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
  readonly retryDelaysMs?: ReadonlyArray<number> | undefined
}

export interface PulledLabels {
  readonly path: string
  /** Features that have a label. */
  readonly labels: number
}

/** Rows of a batch. */
const perBatch = 1024

const exportsAddress = (): string =>
  (process.env["NEURONPEDIA_DATASETS"] || "https://neuronpedia-datasets.s3.us-east-1.amazonaws.com/v1").replace(
    /\/+$/,
    "",
  )

/**
 * Fetches a source's labels into the cache, where whoever opens the autoencoder finds them.
 *
 * @param width features of the autoencoder.
 *
 * Rejects with a `DownloadError` when there is no such source, a batch is damaged or is another source's, and with the signal's
 * reason when aborted: then nothing is kept.
 */
export async function pullLabels(
  source: Source,
  width: number,
  options: PullLabelsOptions = {},
): Promise<PulledLabels> {
  const labels: Record<string, { readonly label: string }> = {}
  const expected = Math.ceil(width / perBatch)
  for (let batch = 0; ; batch++) {
    const url = `${exportsAddress()}/${source.model}/${source.source}/explanations/batch-${batch}.jsonl.gz`
    const rows = await fetchRows(url, options)
    if (rows === undefined) {
      if (batch === 0)
        throw refuse(url, "there are no labels of this source", "`facet scope show NAME` says how it is called.")
      break
    }
    for (const row of rows) addRow(labels, row, { source, width, url })
    options.onBatch?.(batch + 1, Math.max(expected, batch + 1))
  }
  const path = labelsPath(source)
  await keep(path, `${JSON.stringify({ source: sourceName(source), ...labels })}\n`)
  return { path, labels: Object.keys(labels).length }
}

interface Batch {
  readonly source: Source
  readonly width: number
  readonly url: string
}

function addRow(labels: Record<string, { readonly label: string }>, row: unknown, { source, url, width }: Batch): void {
  const { description, index, layer, modelId } = isJsonObject(row) ? row : {}
  if (modelId !== source.model || layer !== source.source) {
    const named = `${JSON.stringify(modelId)} and ${JSON.stringify(layer)}`
    throw refuse(url, `it holds labels of another source, ${named}`, "Ask for the source whose labels it has.")
  }
  const at = String(index)
  if (!isIndex(at) || Number(at) >= width) {
    throw refuse(url, `${JSON.stringify(index)} is no feature of ${width}`, "Ask for the source of this width.")
  }
  if (typeof description !== "string" && description !== undefined && description !== null) {
    throw refuse(url, `what it says of feature ${at} is no text`, "Try again later.")
  }
  const label = (description ?? "").trim()
  // Of several the first is what Neuronpedia's page shows first; one that says nothing is none.
  if (label !== "") labels[at] ??= { label }
}

/** The rows of a batch; undefined where there is none of that number. */
async function fetchRows(url: string, options: PullLabelsOptions): Promise<ReadonlyArray<unknown> | undefined> {
  if (isOffline()) throw refuse(url, "the network is not to be used (HF_HUB_OFFLINE)", "Fetch it where there is one.")
  const { retryDelaysMs = [300, 1000, 3000], signal } = options
  const host = {
    retryDelaysMs,
    hasAnswered: true,
    explain: async (_: string, failure: Error) =>
      refuse(url, failure.message, "Check the network, and try again later."),
  }
  return retry(host, url, signal, async () => {
    const response = await proxiedFetch(url, signal === undefined ? {} : { signal })
    if (response.status === 429 || response.status >= 500) throw impatience(response)
    // The store says 403 of what is not there to those who may not list it.
    if (response.status === 404 || response.status === 403) {
      await response.body?.cancel()
      return undefined
    }
    if (!response.ok) throw refuse(url, `status ${response.status}`, "Look whether the exports have moved.")
    return readRows(url, new Uint8Array(await response.arrayBuffer()))
  })
}

function readRows(url: string, bytes: Uint8Array): ReadonlyArray<unknown> {
  // Some hosts unpack what is called .gz on the way.
  const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(isPacked ? gunzipSync(bytes) : bytes)
    return text
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((line): unknown => JSON.parse(line))
  } catch (cause) {
    throw refuse(url, `damaged: ${cause instanceof Error ? cause.message : String(cause)}`, "Try again.")
  }
}

const refuse = (url: string, problem: string, remedy: string): DownloadError =>
  new DownloadError({ url, problem, remedy })
