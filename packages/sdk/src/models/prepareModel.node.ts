/** Packs a model for Facet, once for all processes. */
import { stat, symlink, rm, mkdir, link } from "node:fs/promises"
import { dirname, resolve } from "node:path"
import { checkDiskRoom } from "../files/disk/checkDiskRoom.node.ts"
import { openFolder } from "../files/disk/openFolder.node.ts"
import { withLock } from "../files/disk/withLock.node.ts"
import { byteCount } from "../files/byteCount.ts"
import type { Progress } from "../words/Progress.ts"
import type { Located } from "./locateModel.node.ts"
import { defaultBlock, type WeightDtype } from "./knownModels.ts"
import { findPrepared, preparedPath, recordPrepared } from "./PreparedModels.node.ts"
import { readWeightFacts } from "./WeightFacts.node.ts"

export interface PrepareOptions {
  /** Default `q4`, in blocks of 32; or whatever copy was made last. */
  readonly dtype?: WeightDtype | undefined
  readonly block?: 32 | 64 | 128 | undefined
  /** Where to put it, in place of Facet's cache: a folder, or a `.gguf`. */
  readonly out?: string | undefined
  readonly onProgress?: ((progress: Progress) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

const defaultDtype: WeightDtype = "q4"

/**
 * Converts a model, unless that was done before.
 *
 * @returns the folder that opens.
 * Rejects with the errors of `convertModel`, with a `StorageError` when the disk has no room, and with the signal's reason.
 */
export async function prepareModel(model: Located, options: PrepareOptions = {}): Promise<string> {
  const { out } = options
  if (out !== undefined) {
    await convert(model, resolve(out), options.dtype ?? defaultDtype, options.block ?? defaultBlock, options)
    return resolve(out)
  }
  const wanted = { dtype: options.dtype, block: options.block }
  const made = await findPrepared(model.origin.identity, wanted)
  if (made !== undefined) return made.path
  const dtype = options.dtype ?? defaultDtype
  const block = options.block ?? defaultBlock
  const target = preparedPath(model.origin, dtype, block)
  return withLock(`${target}.lock`, { signal: options.signal, onWait: () => waiting(model, options) }, async () => {
    // Another process may have made it while this one waited.
    const other = await findPrepared(model.origin.identity, wanted)
    if (other !== undefined) return other.path
    await convert(model, target, dtype, block, options)
    await recordPrepared(target, model.origin, dtype, block)
    return target
  })
}

const waiting = ({ origin }: Located, { onProgress }: PrepareOptions): void =>
  onProgress?.({ phase: "waiting", model: origin.id, file: "", loadedBytes: 0, totalBytes: 0 })

async function convert(
  model: Located,
  target: string,
  dtype: WeightDtype,
  block: 32 | 64 | 128,
  { onProgress, signal }: PrepareOptions,
): Promise<void> {
  const { origin, path } = model
  const sizes = await sizesOf(model, dtype)
  await checkDiskRoom(dirname(target), sizes.after)
  const packed = dtype === "q4" || dtype === "q8" ? `${dtype}, blocks of ${block}` : dtype
  const message = `${origin.id}: ${byteCount(sizes.before)} of weights are packed once (${packed}) and kept in ${target}.`
  onProgress?.({ phase: "convert", model: origin.id, file: "", loadedBytes: 0, totalBytes: sizes.before, message })
  await withGgufName(path, target, model.isGguf, async (source) => {
    // Who opens models that are packed already needs no packer.
    const { convertModel } = await import("@facet/checkpoint")
    const { id, licence, revision } = origin
    const from = { origin: { id, ...(revision && { revision }), ...(licence && { licence }) } }
    await convertModel(source, target, {
      dtype,
      block,
      ...from,
      signal,
      onProgress: ({ loadedBytes, secondsLeft, tensor, totalBytes }) =>
        onProgress?.({ phase: "convert", model: origin.id, file: tensor, loadedBytes, totalBytes, secondsLeft }),
    })
  })
}

/** Bytes a weight, roughly: for the check of the disk, which leaves a margin. */
const bytesPerWeight: Readonly<Record<WeightDtype, number>> = { q4: 0.63, q8: 1.13, f16: 2, f32: 4 }

async function sizesOf(
  { isGguf, path }: Located,
  dtype: WeightDtype,
): Promise<{ readonly before: number; readonly after: number }> {
  if (isGguf) {
    const { size } = await stat(path)
    // Of how many bits its weights are, its header says; at most two bytes a weight is what there usually is.
    return { before: size, after: size * Math.max(1, bytesPerWeight[dtype]) }
  }
  const { bytes, weights } = await readWeightFacts(await openFolder(path))
  return { before: bytes, after: weights * bytesPerWeight[dtype] }
}

/** Ollama's blobs have no ending, and a file's ending says what it is. */
async function withGgufName(
  path: string,
  target: string,
  isGguf: boolean,
  work: (path: string) => Promise<void>,
): Promise<void> {
  if (!isGguf || path.toLowerCase().endsWith(".gguf")) return work(path)
  const named = `${target}.source.gguf`
  await mkdir(dirname(named), { recursive: true })
  await rm(named, { force: true })
  // Links are not for everybody on Windows; a second name is, on the same disk.
  await symlink(path, named).catch(() => link(path, named))
  try {
    await work(named)
  } finally {
    await rm(named, { force: true })
  }
}
