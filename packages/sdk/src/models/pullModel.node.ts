/** Fetches a model from wherever it is. */
import { DownloadError, ModelNotFoundError } from "../words/Errors.ts"
import { isOffline } from "../files/hub/HubSettings.node.ts"
import type { ModelSource } from "../files/hub/ModelSource.ts"
import { pullKaggle } from "../files/hub/pullKaggle.node.ts"
import type { Pulled, PullOptions } from "../files/hub/PullOptions.ts"
import { pullRepository } from "../files/hub/pullRepository.node.ts"
import { pullUrl } from "../files/hub/pullUrl.node.ts"
import { type Located, locateModel } from "./locateModel.node.ts"

/**
 * Fetches what is missing of a model, and looks whether there is a newer version.
 *
 * Rejects with a `DownloadError` when the place refuses or the network is not to be used, with a `StorageError`, and with
 * a `ModelNotFoundError` for what is no place to fetch from and not there either.
 */
export async function pullModel(text: string, source: ModelSource, options: PullOptions = {}): Promise<Located> {
  const here = await fetchModel(text, source, options)
  const found = here === undefined ? await locateModel(text, source) : here
  if (found !== undefined) return found
  throw new ModelNotFoundError({
    model: text,
    problem: "what was fetched is gone again",
    remedy: "Free disk space, and look whether another program empties the cache.",
  })
}

/** @returns undefined where there is nothing to fetch. */
async function fetchModel(text: string, source: ModelSource, options: PullOptions): Promise<Located | undefined> {
  if (source.kind === "path" || source.kind === "ollama") return undefined
  if (isOffline()) throw offline(text)
  const { licence, path, revision } = await pulled(source, options)
  const pinned: ModelSource =
    source.kind === "hub"
      ? { ...source, revision }
      : source.kind === "kaggle"
        ? { ...source, version: Number(revision) }
        : source
  const found = await locateModel(text, pinned)
  return found === undefined ? undefined : { ...found, path, origin: { ...found.origin, licence } }
}

function pulled(source: Exclude<ModelSource, { kind: "path" | "ollama" }>, options: PullOptions): Promise<Pulled> {
  switch (source.kind) {
    case "hub":
      return pullRepository(source, options)
    case "kaggle":
      return pullKaggle(source, options)
    case "url":
      return pullUrl(source, options)
  }
}

const offline = (text: string): DownloadError =>
  new DownloadError({
    url: text.replace(/[?#].*$/, ""),
    problem: "it is not on this machine, and the network is not to be used (HF_HUB_OFFLINE)",
    remedy: `Run \`facet pull ${text}\` where there is a network, and copy the cache; or unset HF_HUB_OFFLINE.`,
  })
