/**
 * Weights in 8 bits beside those of a model folder, for its prompts: laid out once, and kept in the folder, so that they go
 * where it goes.
 */
import { createHash } from "node:crypto"
import { type FileHandle, open, readdir, rename, rm } from "node:fs/promises"
import { join } from "node:path"
import { checkDiskRoom } from "../files/disk/checkDiskRoom.node.ts"
import { withLock } from "../files/disk/withLock.node.ts"
import { layOutSafetensors, type SafetensorsLayout, type TensorPlan } from "../files/layOutSafetensors.ts"
import { isPromptWeights, promptWeightsFile } from "../files/ModelFileNames.ts"
import type { ModelFiles } from "../files/ModelFiles.ts"
import { openSafetensorsFile } from "../files/openSafetensors.ts"
import { headName } from "../graph/ModelConfig.ts"
import { byteCount } from "../words/byteCount.ts"
import { StorageError } from "../words/Errors.ts"
import type { Progress } from "../words/Progress.ts"
import { int8Name, int8ScaleName, type TensorLocations, type TensorSpec } from "../words/Tensors.ts"
import { readInt8Weights } from "./readInt8Weights.ts"
import type { ModelWeights } from "./Runtime.ts"

/** Bytes of each tensor that tell weights apart: no two trainings leave the first of all layers alike. */
const sample = 4096

/**
 * Lays a model's linear layers out in 8 bits with a scale for each output, unless they are, or it was done before.
 *
 * @returns where the layers in 8 bits are, by their names in a graph; none where the folder itself has them.
 * Rejects with a `StorageError` when the folder has no room, or may not be written.
 */
export async function layOutPrompts(
  files: ModelFiles,
  weights: ModelWeights,
  onProgress: (progress: Progress) => void,
): Promise<TensorLocations> {
  // Of a head one row is read, which blocks are the faster for.
  const specs = weights.specs.filter(
    ({ kind, name }) => kind === "matrix" && name !== headName && !weights.tensors.has(int8Name(name)),
  )
  if (specs.length === 0) return new Map()
  const name = promptWeightsFile(await fingerprint(files, weights, specs))
  if (!(await files.exists(name))) {
    const target = join(files.root, name)
    const onWait = () => onProgress({ phase: "waiting", model: files.root, file: name, loadedBytes: 0, totalBytes: 0 })
    await writable(files.root, () =>
      withLock(`${target}.lock`, { onWait }, async () => {
        // Another process may have done it while this one waited.
        if (!(await files.exists(name))) await write(files, { ...weights, specs }, name, onProgress)
      }),
    )
  }
  return openSafetensorsFile(files, name)
}

/** Tells weights of one shape apart without reading all of them. */
async function fingerprint(
  files: ModelFiles,
  { tensors }: Pick<ModelWeights, "tensors">,
  specs: ReadonlyArray<TensorSpec>,
): Promise<string> {
  const hash = createHash("sha256")
  for (const { name } of specs) {
    for (const part of ["weight", "weight_scale"]) {
      const tensor = tensors.get(`${name}.${part}`)
      if (tensor === undefined) continue
      hash.update(JSON.stringify([name, part, tensor.dtype, tensor.shape]))
      hash.update(await files.readRange(tensor.file, tensor.offset, Math.min(sample, tensor.length)))
    }
  }
  return hash.digest("hex").slice(0, 16)
}

/** Says of a folder that refuses what to do about it. */
async function writable(place: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (cause) {
    const isRefused =
      (cause instanceof Error && "code" in cause && ["EACCES", "EPERM", "EROFS"].includes(String(cause.code))) ||
      (cause instanceof StorageError && /permission denied|only be read/.test(cause.problem))
    if (!isRefused) throw cause
    throw new StorageError({
      place,
      problem: "the weights in 8 bits for prompts would lie in this folder, and it may not be written",
      remedy: 'Open it once with `prefill: "int8"` where it may be written, or leave `prefill` out.',
    })
  }
}

async function write(
  files: ModelFiles,
  weights: ModelWeights,
  name: string,
  onProgress: (progress: Progress) => void,
): Promise<void> {
  const target = join(files.root, name)
  const layout = layOutSafetensors(plansOf(weights.specs))
  await checkDiskRoom(files.root, layout.size)
  const say = (file: string, loadedBytes: number, message?: string) =>
    onProgress({ phase: "convert", model: files.root, file, loadedBytes, totalBytes: layout.size, message })
  say("", 0, `${byteCount(layout.size)} of weights in 8 bits are laid out once for prompts, and kept in ${target}.`)
  try {
    {
      await using file = await open(`${target}.part`, "w")
      await file.write(layout.header)
      let written = layout.header.length
      for (const spec of weights.specs) {
        written += await writeLayer(file, layout, files, weights, spec)
        say(spec.name, written)
      }
      await file.sync()
    }
    await rename(`${target}.part`, target)
  } finally {
    await rm(`${target}.part`, { force: true })
  }
  await removeOthers(files.root, name)
}

async function writeLayer(
  file: FileHandle,
  { offsets }: SafetensorsLayout,
  files: ModelFiles,
  weights: ModelWeights,
  spec: TensorSpec,
): Promise<number> {
  const { data, scales } = await readInt8Weights(files, weights, spec)
  const put = async (name: string, { buffer, byteLength, byteOffset }: Int8Array | Float32Array): Promise<void> => {
    const bytes = new Uint8Array(buffer, byteOffset, byteLength)
    for (let done = 0; done < byteLength;) {
      const { bytesWritten } = await file.write(bytes, done, byteLength - done, (offsets.get(name) ?? 0) + done)
      done += bytesWritten
    }
  }
  await put(int8ScaleName(spec.name), scales)
  await put(int8Name(spec.name), data)
  return scales.byteLength + data.byteLength
}

/** Floats first, so that they stay aligned. */
const plansOf = (specs: ReadonlyArray<TensorSpec>): ReadonlyArray<TensorPlan> => [
  ...specs.map(({ name, rows }) => ({
    name: int8ScaleName(name),
    dtype: "F32" as const,
    shape: [rows],
    length: rows * 4,
  })),
  ...specs.map(({ columns, name, rows }) => ({
    name: int8Name(name),
    dtype: "I8" as const,
    shape: [columns, rows],
    length: rows * columns,
  })),
]

/** Those of weights that are no longer there: nobody would find them again. */
async function removeOthers(root: string, name: string): Promise<void> {
  for (const other of await readdir(root)) {
    if (other !== name && isPromptWeights(other)) await rm(join(root, other), { force: true })
  }
}
