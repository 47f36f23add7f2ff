/**
 * Weights in 8 bits beside those of a model folder, for its prompts: laid out once, and kept in the folder, so that they go
 * where it goes.
 */
import { type FileHandle, open, readdir, rename, rm } from "node:fs/promises"
import { join } from "node:path"
import { checkDiskRoom } from "../files/disk/checkDiskRoom.node.ts"
import { layOutSafetensors, type SafetensorsLayout, type TensorPlan } from "../files/layOutSafetensors.ts"
import { isPromptWeights, promptWeightsFile } from "../files/ModelFileNames.ts"
import type { ModelFiles } from "../files/ModelFiles.ts"
import { openSafetensorsFile } from "../files/openSafetensors.ts"
import { headName } from "../graph/ModelConfig.ts"
import { byteCount } from "../words/byteCount.ts"
import type { Progress } from "../words/Progress.ts"
import { int8Name, int8ScaleName, type TensorLocations, type TensorSpec } from "../words/Tensors.ts"
import { fingerprintOfLayers } from "./fingerprintOfLayers.node.ts"
import { onceInFolder } from "./onceInFolder.node.ts"
import { readInt8Weights } from "./readInt8Weights.ts"
import type { ModelWeights } from "./Runtime.ts"

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
  const name = promptWeightsFile(await fingerprintOfLayers(files, weights.tensors, specs))
  const layout = {
    name,
    what: "the weights in 8 bits for prompts",
    asked: 'prefill: "int8"',
    option: "prefill",
    isDone: () => files.exists(name),
  }
  await onceInFolder(files, layout, onProgress, () => write(files, { ...weights, specs }, name, onProgress))
  return openSafetensorsFile(files, name)
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
