/** Packs a model for Facet, once for all processes. */
import { dirname, resolve } from "node:path"
import { readModel } from "../architectures/readModel.ts"
import { checkDiskRoom } from "../files/disk/checkDiskRoom.node.ts"
import { openFolder } from "../files/disk/openFolder.node.ts"
import { ggufParts } from "../files/gguf/ggufParts.ts"
import { withLock } from "../files/disk/withLock.node.ts"
import { byteCount } from "../words/byteCount.ts"
import { leftOutWarning } from "../words/ModelDescription.ts"
import type { Progress } from "../words/Progress.ts"
import type { Located } from "./locateModel.node.ts"
import type { WeightDtype } from "../words/Tensors.ts"
import { defaultBlock } from "./knownModels.ts"
import { findPrepared, preparedPath, recordPrepared } from "./PreparedModels.node.ts"
import { type ModelUse, usualDtype } from "./usualDtype.node.ts"
import { fileBytes, readWeightFacts } from "./WeightFacts.node.ts"

export interface PrepareOptions {
  /** Default: whatever copy was made last, else `int8` for a guard, else what `convertModel` chooses for the model. */
  readonly dtype?: WeightDtype | undefined
  /** What it is for. Default: a guard, if it is known as one. */
  readonly use?: ModelUse | undefined
  /** Weights that share a scale. Default 32. */
  readonly block?: 32 | 64 | 128 | undefined
  /** Where to put it, in place of Facet's cache: a folder, or a `.gguf`. */
  readonly out?: string | undefined
  readonly onProgress?: ((progress: Progress) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Converts a model, unless that was done before.
 *
 * @returns the folder that opens.
 * Rejects with the errors of `convertModel`, with a `StorageError` when the disk has no room, and with the signal's reason.
 */
export async function prepareModel(model: Located, options: PrepareOptions = {}): Promise<string> {
  const { block, out } = options
  const made = out === undefined ? await findPrepared(model.origin.identity, options) : undefined
  if (made !== undefined) return made.path
  const dtype = options.dtype ?? (await usualDtype(model, options.use))
  if (out !== undefined) {
    await convert(model, resolve(out), { ...options, dtype })
    return resolve(out)
  }
  const target = preparedPath(model.origin, dtype, block)
  return withLock(`${target}.lock`, { signal: options.signal, onWait: () => waiting(model, options) }, async () => {
    // Another process may have made it while this one waited.
    const other = await findPrepared(model.origin.identity, options)
    if (other !== undefined) return other.path
    await convert(model, target, { ...options, dtype })
    const { config } = await readModel(await openFolder(target))
    await recordPrepared(target, model.origin, {
      dtype: dtype ?? (config.quantization?.bits === 8 ? "q8" : "q4"),
      block: config.quantization?.blockSize ?? block ?? defaultBlock,
    })
    return target
  })
}

const waiting = ({ origin }: Located, { onProgress }: PrepareOptions): void =>
  onProgress?.({ phase: "waiting", model: origin.id, file: "", loadedBytes: 0, totalBytes: 0 })

async function convert(model: Located, target: string, options: PrepareOptions): Promise<void> {
  const { origin, path } = model
  const { block, dtype, onProgress, signal } = options
  const sizes = await sizesOf(model, dtype)
  await checkDiskRoom(dirname(target), sizes.after)
  const beginning = { phase: "convert", model: origin.id, file: "", loadedBytes: 0, totalBytes: sizes.before } as const
  const say = (message: string): void => onProgress?.({ ...beginning, message })
  const warn = (message: string): void => onProgress?.({ ...beginning, message, isWarning: true })
  say(`${origin.id}: ${byteCount(sizes.before)} of weights are packed once${packing(options)} and kept in ${target}.`)
  // Who opens models that are packed already needs no packer.
  const { convertModel } = await import("@facet/checkpoint")
  const { id, licence, revision } = origin
  const from = { origin: { id, ...(revision && { revision }), ...(licence && { licence }) } }
  const { leftOut, warnings } = await convertModel(path, target, {
    dtype,
    block,
    ...from,
    signal,
    onProgress: ({ loadedBytes, secondsLeft, tensor, totalBytes }) =>
      onProgress?.({ phase: "convert", model: origin.id, file: tensor, loadedBytes, totalBytes, secondsLeft }),
  })
  for (const part of leftOut) warn(leftOutWarning(origin.id, part))
  for (const warning of warnings) warn(`${origin.id}: ${warning}`)
}

const packing = ({ block, dtype }: PrepareOptions): string => {
  const asked = [dtype, block === undefined ? undefined : `blocks of ${block}`].filter((word) => word !== undefined)
  return asked.length === 0 ? "" : ` (${asked.join(", ")})`
}

/** Bytes a weight, roughly: for the check of the disk, which leaves a margin. */
const bytesPerWeight: Readonly<Record<WeightDtype, number>> = {
  q4: 0.75,
  "q4-mixed": 0.88,
  q8: 1.13,
  int8: 1.13,
  f16: 2,
  f32: 4,
}

interface Sizes {
  readonly before: number
  readonly after: number
}

async function sizesOf({ isGguf, path }: Located, dtype: WeightDtype = "q4"): Promise<Sizes> {
  if (isGguf) {
    const size = (await Promise.all(ggufParts(path).map(fileBytes))).reduce((sum, bytes) => sum + bytes, 0)
    // Of how many bits its weights are, its header says; a byte of it is a weight or two.
    return { before: size, after: size * Math.max(1.2, 2 * bytesPerWeight[dtype]) }
  }
  const { bytes, weights } = await readWeightFacts(await openFolder(path))
  return { before: bytes, after: weights * bytesPerWeight[dtype] }
}
