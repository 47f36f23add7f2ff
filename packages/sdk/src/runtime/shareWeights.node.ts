/**
 * Weights as a processor multiplies them, in a file of the model's folder: a session over it maps it, so that all processes
 * have it in memory once.
 *
 * ONNX Runtime writes the file, and looks a layout up in it by a hash of what it makes of the weights: on a processor that
 * lays them out otherwise it finds none, and each session keeps its own.
 */
import { mkdir, rename, rm } from "node:fs/promises"
import { cpus } from "node:os"
import { join } from "node:path"
import { checkDiskRoom } from "../files/disk/checkDiskRoom.node.ts"
import { sharedGraphFile, sharedWeightsFile } from "../files/ModelFileNames.ts"
import type { ModelFiles } from "../files/ModelFiles.ts"
import { buildProducts } from "../graph/buildProducts.ts"
import type { Operators } from "../graph/Decoder.ts"
import { headName } from "../graph/ModelConfig.ts"
import { type Graph, readExternals, type Written } from "../graph/Onnx.ts"
import { byteCount } from "../words/byteCount.ts"
import type { Progress } from "../words/Progress.ts"
import { int8Name, quantizationOf, type TensorLocations, type TensorSpec } from "../words/Tensors.ts"
import { fingerprintOfLayers } from "./fingerprintOfLayers.node.ts"
import { onceInFolder } from "./onceInFolder.node.ts"
import type { ModelWeights } from "./Runtime.ts"

export interface SharingRuntime {
  readonly operators: Operators
  /** Which ONNX Runtime it is. */
  readonly version: string
  /** Has a graph over a folder's files written, with its weights as they are multiplied beside it. */
  readonly write: (graph: Graph, folder: string, onnx: string, weights: string) => Promise<void>
}

/**
 * Lays a model's linear layers out as they are multiplied, unless it was done before.
 *
 * @returns where all tensors are: those of the layers in the shared file.
 * Rejects with a `StorageError` when the folder has no room, or may not be written.
 */
export async function shareWeights(
  files: ModelFiles,
  { specs, tensors }: Pick<ModelWeights, "specs" | "tensors">,
  runtime: SharingRuntime,
  onProgress: (progress: Progress) => void,
): Promise<TensorLocations> {
  const layers = specs.filter((spec) => isMultiplied(spec, specs) && isPacked(spec, tensors))
  const facts = [runtime.version, cpus()[0]?.model ?? "", JSON.stringify(runtime.operators)]
  const print = await fingerprintOfLayers(files, tensors, layers, facts)
  const [graph, weights] = [sharedGraphFile(print), sharedWeightsFile(print)]
  const layout = {
    name: graph,
    what: "the weights that processes share",
    asked: "shareWeights: true",
    option: "shareWeights",
    isDone: () => isWhole(files, graph, weights),
  }
  await onceInFolder(files, layout, onProgress, () =>
    write(files, { layers, tensors, graph, weights }, runtime, onProgress),
  )
  const written = await externalsOf(files, graph)
  return new Map(
    [...tensors].map(([name, location]) => [name, { ...location, ...placeOf(written.get(name), weights) }]),
  )
}

/** A tied embedding is the head, too. */
const isMultiplied = ({ kind }: TensorSpec, all: ReadonlyArray<TensorSpec>): boolean =>
  kind === "matrix" || (kind === "embedding" && !all.some(({ name }) => name === headName))

const isPacked = (spec: TensorSpec, tensors: TensorLocations): boolean =>
  tensors.has(int8Name(spec.name)) || Boolean(quantizationOf(spec, tensors))

/**
 * What is not laid out stays where it was published. So does what lies askew: kernels count from the next round address on,
 * and ONNX Runtime puts large tensors alone at the beginning of a page.
 */
function placeOf(written: Written | undefined, file: string) {
  if (written === undefined) return {}
  const { laidOut, length, offset } = written
  const pieces = piecesOf(written)
  return pieces.length > 0 && pieces.every(([at]) => at % roundAddress === 0) ? { file, offset, length, laidOut } : {}
}

/** Bytes: that of a cache line, and no kernel of MLAS asks for more. */
const roundAddress = 64

/** Where the pieces of a layout begin, and how long they are: ONNX Runtime says `NAME|offset;length;…`. */
const piecesOf = ({ laidOut }: Written): ReadonlyArray<readonly [at: number, length: number]> =>
  laidOut.flatMap((place) =>
    [...place.matchAll(/[|;](\d+);(\d+);\d+/g)].map(([, at, length]) => [Number(at), Number(length)] as const),
  )

const externalsOf = async (files: ModelFiles, graph: string): Promise<ReadonlyMap<string, Written>> =>
  readExternals(await files.readWhole(graph))

/** A file that ends too early would not be missed before its end is read, which ends the process. */
async function isWhole(files: ModelFiles, graph: string, weights: string): Promise<boolean> {
  if (!(await files.exists(graph)) || !(await files.exists(weights))) return false
  const size = await files.size(weights)
  return [...(await externalsOf(files, graph)).values()].every((written) => endOf(written) <= size)
}

const endOf = (written: Written): number =>
  Math.max(written.offset + written.length, ...piecesOf(written).map(([at, length]) => at + length))

interface Sharable {
  readonly layers: ReadonlyArray<TensorSpec>
  readonly tensors: TensorLocations
  readonly graph: string
  readonly weights: string
}

async function write(
  files: ModelFiles,
  { graph, layers, tensors, weights }: Sharable,
  runtime: SharingRuntime,
  onProgress: (progress: Progress) => void,
): Promise<void> {
  const names = [...new Set([...tensors.values()].map(({ file }) => file))]
  const { folder, paths } = await files.places(names)
  const placed = new Map([...tensors].map(([name, at]) => [name, { ...at, file: paths.get(at.file) ?? at.file }]))
  const bytes = layers.flatMap(({ name }) => [tensors.get(int8Name(name)) ?? tensors.get(`${name}.weight`)])
  // As it was published, and as it is multiplied, with room for scales.
  const totalBytes = Math.ceil(bytes.reduce((sum, at) => sum + (at?.length ?? 0), 0) * 2.2)
  await checkDiskRoom(files.root, totalBytes)
  const target = join(files.root, weights)
  const message = `${byteCount(totalBytes)} of weights are laid out once for all processes, and kept in ${target}.`
  onProgress({ phase: "convert", model: files.root, file: weights, loadedBytes: 0, totalBytes, message })
  const part = join(files.root, `${graph}.part`)
  await mkdir(part, { recursive: true })
  try {
    await runtime.write(buildProducts(layers, placed, runtime.operators), folder, join(part, graph), weights)
    await rename(join(part, weights), target)
    // It names the other, so it is there last.
    await rename(join(part, graph), join(files.root, graph))
  } finally {
    await rm(part, { recursive: true, force: true })
  }
}
