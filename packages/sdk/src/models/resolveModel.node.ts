/** The folder that a model is opened from: found, fetched or packed. */
import { openFolder } from "../files/disk/openFolder.node.ts"
import { isOffline } from "../files/hub/HubSettings.node.ts"
import { configFile } from "../files/ModelFileNames.ts"
import type { ModelSource } from "../files/hub/ModelSource.ts"
import { invalidRequest, ModelNotFoundError } from "../words/Errors.ts"
import { mostPlainBytes, type WeightPacking } from "../words/Tensors.ts"
import type { Progress } from "../words/Progress.ts"
import { hubName, type Located, locateModel, sourceOf } from "./locateModel.node.ts"
import { findPrepared, listPrepared, type Prepared } from "./PreparedModels.node.ts"
import { prepareModel } from "./prepareModel.node.ts"
import { pullModel } from "./pullModel.node.ts"
import type { ModelUse } from "./usualDtype.node.ts"
import { fileBytes, memoryWarning, readWeightFacts } from "./WeightFacts.node.ts"

export interface ResolveOptions {
  /** Whether what is not here may be fetched. */
  readonly download: "auto" | "never"
  readonly packing: WeightPacking
  /** What it is for. Default: a guard, if it is known as one. */
  readonly use?: ModelUse | undefined
  /** Plain weights of more bytes than this are packed. Default 1 GiB. */
  readonly packAbove?: number | undefined
  readonly onProgress?: ((progress: Progress) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Finds the folder of a model, whatever it was named by. What is not here is fetched; a GGUF, and plain weights of more
 * than 1 GiB, are packed once and kept in Facet's cache.
 *
 * Rejects with a `ModelNotFoundError` that says how to get the model, and with the errors of fetching and packing.
 */
export async function resolveModel(text: string, options: ResolveOptions): Promise<string> {
  const source = await sourceOf(text)
  const here = await locateModel(text, source)
  const packed = here === undefined ? await findPreparedOf(source, options) : undefined
  if (packed !== undefined) return packed.path
  if (here === undefined && options.download === "never") throw notHere(text, '`download` is "never"')
  if (here === undefined && isOffline()) throw notHere(text, "HF_HUB_OFFLINE forbids to fetch it")
  const model = here ?? (await pullModel(text, source, options))
  const path = await openable(model, options)
  await warn(model, path, options)
  return path
}

/** Whether a model opens without being fetched. Rejects with a `ModelNotFoundError` for a path that is not there. */
export async function isHere(text: string): Promise<boolean> {
  const source = await sourceOf(text)
  return (
    (await locateModel(text, source)) !== undefined || (await findPreparedOf(source, { packing: "auto" })) !== undefined
  )
}

/** A packed copy serves without what it was made of, which may be gone or never have been on this machine. */
async function findPreparedOf(
  source: ModelSource,
  { packing }: Pick<ResolveOptions, "packing">,
): Promise<Prepared | undefined> {
  if (source.kind !== "hub" || packing === "as-published") return undefined
  const id = hubName(source)
  return (await listPrepared()).find(
    (one) =>
      one.id === id &&
      (source.revision === undefined || one.revision === source.revision) &&
      (packing === "auto" || one.dtype === packing),
  )
}

async function openable(model: Located, options: ResolveOptions): Promise<string> {
  const { onProgress, packAbove = mostPlainBytes, packing, signal, use } = options
  const dtype = packing === "auto" || packing === "as-published" ? undefined : packing
  const prepare = () => prepareModel(model, { dtype, use, onProgress, signal })
  if (model.isGguf) {
    if (packing !== "as-published") return prepare()
    throw invalidRequest("precision", "a GGUF is always packed anew, once", 'Leave "as-published" out.')
  }
  if (packing === "as-published") return model.path
  // What is packed already, the conversion refuses.
  if (dtype !== undefined) return prepare()
  // Somebody wanted it packed, however small it is.
  const made = await findPrepared(model.origin.identity)
  if (made !== undefined) return made.path
  if (!(await isPlainAbove(packAbove, model.path))) return model.path
  return prepare()
}

/** What is wrong with a folder is said when it is opened. */
async function isPlainAbove(limit: number, path: string): Promise<boolean> {
  if ((await fileBytes(`${path}/${configFile}`)) === 0) return false
  const facts = await readWeightFacts(await openFolder(path)).catch(() => undefined)
  return facts !== undefined && facts.isPlain && facts.bytes > limit
}

async function warn({ origin }: Located, path: string, { onProgress }: ResolveOptions): Promise<void> {
  if (onProgress === undefined) return
  const facts = await openFolder(path)
    .then(readWeightFacts)
    .catch(() => undefined)
  const message = facts && (await memoryWarning(origin.id, facts.memoryBytes))
  if (message === undefined || facts === undefined) return
  const place = { phase: "files", model: origin.id, file: configFile, loadedBytes: 0, totalBytes: facts.bytes } as const
  onProgress({ ...place, message, isWarning: true })
}

const notHere = (text: string, why: string): ModelNotFoundError =>
  new ModelNotFoundError({
    model: text.replace(/[?#].*$/, ""),
    problem: `it is not on this machine, and ${why}`,
    remedy: `Get it with \`facet pull ${text.replace(/[?#].*$/, "")}\`.`,
  })
