/** Where autoencoders are that were named: on the disk, in Hugging Face's cache, or fetched into it. */
import { access } from "node:fs/promises"
import { join } from "node:path"
import { readModel } from "../architectures/readModel.ts"
import { openFolder } from "../files/disk/openFolder.node.ts"
import { HubCache } from "../files/hub/HubCache.node.ts"
import { isOffline } from "../files/hub/HubSettings.node.ts"
import type { PullOptions } from "../files/hub/PullOptions.ts"
import { pullRepository } from "../files/hub/pullRepository.node.ts"
import type { PublishedSae } from "../scope/catalogue/PublishedSae.ts"
import { findSae, type Named, readScopeName } from "../scope/catalogue/ScopeName.ts"
import { type TrainedModel, trainedAt, transferWarning } from "../scope/catalogue/TrainedModel.ts"
import { ScopeFileError } from "../words/Errors.ts"
import type { Progress } from "../words/Progress.ts"
import type { ScopeQuery } from "../words/ScopeQuery.ts"

/** The model that autoencoders are wanted for. */
export interface ScopeModel {
  /** As it was named. */
  readonly id: string
  /** Its folder. */
  readonly path: string
}

export interface ResolveScopeOptions {
  /** Whether what is not here may be fetched. */
  readonly download: "auto" | "never"
  readonly onProgress?: ((progress: Progress) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * The folder or file that a name or a query means. What is on the disk under that name comes first; what is not here is fetched,
 * like a model.
 *
 * Told by `onProgress`, once: that autoencoders of a base model are used on another one.
 *
 * Rejects with an `InvalidRequestError` for what nothing has, with a `ScopeFileError` for a kind that Facet does not read or
 * what is not here and may not be fetched, and as `pullRepository` does.
 */
export async function resolveScope(
  scope: string | ScopeQuery,
  model: ScopeModel,
  options: ResolveScopeOptions,
): Promise<string> {
  if (typeof scope === "string" && (await isThere(scope))) {
    return told(scope, trainedAt(scope), await trainedModel(model), options)
  }
  const known = await trainedModel(model)
  let named: Named | undefined
  if (typeof scope !== "string") named = { kind: "sae", sae: findSae(scope, known) }
  else {
    named = readScopeName(scope, known)
    // What is wrong with a path is said where it is opened.
    if (named === undefined) return scope
  }
  const path =
    named.kind === "release"
      ? await releaseHere(named)
      : ((await saeHere(named.sae)) ?? (await fetchSae(named.sae, options)))
  return told(path, named.kind === "release" ? trainedAt(named.release) : named.sae.trained, known, options)
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/** A folder's own words are surer than its name. */
async function trainedModel({ id, path }: ScopeModel): Promise<TrainedModel> {
  const config = await openFolder(path)
    .then(readModel)
    .then(
      (read) => read.config,
      () => undefined,
    )
  return config === undefined ? { id } : { id, shape: { layers: config.layers, hiddenSize: config.hiddenSize } }
}

function told(path: string, trained: string | undefined, model: TrainedModel, options: ResolveScopeOptions): string {
  const message = trained === undefined ? undefined : transferWarning(trained, model)
  if (message !== undefined) {
    const place = { phase: "files", model: model.id ?? "", file: path, loadedBytes: 0, totalBytes: 0 } as const
    options.onProgress?.({ ...place, message, isWarning: true })
  }
  return path
}

/** Where an autoencoder lies in Hugging Face's cache; undefined where it does not. */
export async function saeHere({ file, repository }: PublishedSae): Promise<string | undefined> {
  const snapshot = await new HubCache(repository).find(undefined, file)
  return snapshot === undefined ? undefined : join(snapshot, file)
}

async function releaseHere({ release, repository }: Extract<Named, { kind: "release" }>): Promise<string> {
  const [snapshot] = await new HubCache(repository).snapshots()
  if (snapshot !== undefined) return snapshot
  throw new ScopeFileError({
    file: release,
    problem: "nothing of this release is on this machine",
    remedy: "`facet scope list` shows what it has; `facet scope pull NAME` fetches one of them.",
  })
}

async function fetchSae(sae: PublishedSae, options: ResolveScopeOptions): Promise<string> {
  if (options.download !== "never" && !isOffline()) return (await pullSae(sae, options)).path
  const name = sae.saeLensIds[0]?.join("/") ?? sae.file
  const why = isOffline() ? "the network is not to be used (HF_HUB_OFFLINE)" : "nothing is to be fetched"
  throw new ScopeFileError({
    file: name,
    problem: `it is not on this machine, and ${why}`,
    remedy: `Get it with \`facet scope pull ${name}\`.`,
  })
}

/**
 * Fetches an autoencoder into Hugging Face's cache, which its own tools and SAELens share.
 *
 * Rejects with a `ScopeFileError` for a kind that Facet does not read, and as `pullRepository` does.
 */
export async function pullSae(sae: PublishedSae, options: PullOptions = {}): Promise<{ readonly path: string }> {
  const { file, repository, unread } = sae
  if (unread !== undefined) {
    throw new ScopeFileError({
      file: `${repository}/${file}`,
      problem: unread,
      remedy: "Take an autoencoder of another site.",
    })
  }
  return pullRepository({ kind: "hub", repository, revision: undefined, file }, options)
}
