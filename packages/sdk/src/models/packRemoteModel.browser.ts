/** Packs a model on its way from a web server into the browser's storage. */
import { readModel } from "../architectures/readModel.ts"
import type { HttpSource } from "../files/http/HttpSource.ts"
import type { ModelUrl } from "../files/http/modelUrl.ts"
import type { ModelFiles } from "../files/ModelFiles.ts"
import { PackedFolder } from "../files/opfs/PackedFolder.browser.ts"
import { callHook } from "../words/callHook.ts"
import { leftOutWarning } from "../words/ModelDescription.ts"
import type { Progress } from "../words/Progress.ts"
import type { WeightDtype } from "../words/Tensors.ts"

/** A model as it was published, on a web server. */
export interface Remote {
  readonly url: ModelUrl
  readonly source: HttpSource
  /** Read by ranges, and kept nowhere. */
  readonly files: ModelFiles
  readonly signal: AbortSignal | undefined
}

/**
 * Converts the model, a piece at a time, and stores the folder, which opens when it is whole.
 *
 * @param dtype undefined: what `convertModel` chooses for the model.
 *
 * Rejects with the errors of `convertModel`, with a `StorageError` that says how much is needed where it does not fit, with a
 * `DownloadError` when the host fails or the model changes there meanwhile, and with the signal's reason. Nothing is left
 * then.
 */
export async function packRemoteModel(
  { files, signal, url }: Remote,
  dtype: WeightDtype | undefined,
  { onProgress }: { readonly onProgress?: ((progress: Progress) => void) | undefined },
): Promise<void> {
  const { file: name, id } = url
  const file = name === undefined ? {} : isSbs(name) ? { sbs: name } : { gguf: name }
  const tell = (progress: Omit<Progress, "phase" | "model">): void => {
    if (onProgress !== undefined) callHook("onProgress", () => onProgress({ phase: "convert", model: id, ...progress }))
  }
  const beginning = { file: "", loadedBytes: 0, totalBytes: 0 }
  const say = (message: string): void => tell({ ...beginning, message })
  const warn = (message: string): void => tell({ ...beginning, message, isWarning: true })
  say(
    `${id}: its weights are packed once${dtype === undefined ? "" : ` (${dtype})`}, and kept in the browser's storage.`,
  )
  // Most pages open models that are packed already.
  const { convertFiles } = await import("@facet/checkpoint")
  const target = new PackedFolder(url)
  try {
    const { leftOut, warnings } = await convertFiles({ files, ...file, origin: { id } }, target, {
      dtype,
      signal,
      onProgress: ({ loadedBytes, secondsLeft, tensor, totalBytes }) =>
        tell({ file: tensor, loadedBytes, totalBytes, secondsLeft, source: "network" }),
    })
    await target.commit(dtype ?? (await bitsOf(target.files(id))))
    for (const part of leftOut) warn(leftOutWarning(id, part))
    for (const warning of warnings) warn(`${id}: ${warning}`)
  } catch (cause) {
    // What is left where even that fails does not open, and the next conversion replaces it.
    await target.discard().catch(() => undefined)
    throw cause
  }
}

/** A file of gemma.cpp's. */
export const isSbs = (name: string): boolean => /\.sbs$/i.test(name)

async function bitsOf(files: ModelFiles): Promise<WeightDtype> {
  const { config } = await readModel(files)
  return config.quantization?.bits === 8 ? "q8" : "q4"
}
