/**
 * Where the tensors of a model folder lie: the headers of its `.safetensors` files, read and checked without touching
 * the weights, so that a runtime can map them in place.
 *
 * The format (huggingface/safetensors, README): 8 bytes header length, little endian; the header, a JSON object
 * `name -> { dtype, shape, data_offsets: [begin, end] }`, offsets counted from the header's end; then the data.
 */
import { ModelFileError } from "../words/Errors.ts"
import type { Dtype, TensorLocation, TensorLocations } from "../words/Tensors.ts"
import { singleWeights, weightsIndex } from "./ModelFileNames.ts"
import { filePath, isJsonObject, type JsonObject, type ModelFiles } from "./ModelFiles.ts"
import { checkLfsPointer } from "./checkLfsPointer.ts"
import { readShardIndex } from "./readShardIndex.ts"

/** Bytes an element. */
const ELEMENT_BYTES: Readonly<Record<Dtype, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
}

/** The format's own limit on the header, in bytes. */
const MAX_HEADER = 100_000_000

/**
 * Locates every tensor of a folder: of `model.safetensors`, or of the shards that `model.safetensors.index.json` lists.
 *
 * Rejects with a `ModelFileError` when there are no weights, a shard is missing, or a file is truncated or corrupt.
 */
export async function openSafetensors(files: ModelFiles): Promise<TensorLocations> {
  if (await files.exists(singleWeights)) return openSafetensorsFile(files, singleWeights)
  if (await files.exists(weightsIndex)) return readShards(files)
  throw new ModelFileError({
    file: filePath(files, singleWeights),
    problem: `missing, and there is no ${weightsIndex} either`,
    remedy:
      "Facet reads safetensors; download those files of the model, or save it with transformers' save_pretrained.",
  })
}

async function readShards(files: ModelFiles): Promise<TensorLocations> {
  const tensors = new Map<string, TensorLocation>()
  const shards = new Map<string, TensorLocations>()
  for (const [name, shard] of await readShardIndex(files)) {
    const header = shards.get(shard) ?? (await openSafetensorsFile(files, shard))
    shards.set(shard, header)
    const tensor = header.get(name)
    // Indices list copies that the shards do not hold, such as tied heads: whether one is missed, the model says.
    if (tensor !== undefined) tensors.set(name, tensor)
  }
  return tensors
}

/**
 * Locates every tensor of one file.
 *
 * Rejects with a `ModelFileError` when it is missing, truncated or corrupt.
 */
export async function openSafetensorsFile(files: ModelFiles, file: string): Promise<TensorLocations> {
  const size = await files.size(file)
  const refuse = (problem: string): ModelFileError => corrupt(files, file, problem)
  if (size < 8) throw refuse(`truncated: it has ${size} bytes`)
  checkLfsPointer(filePath(files, file), await startOf(files, file, size))
  const prefix = await files.readRange(file, 0, 8)
  const length = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true)
  if (length > BigInt(MAX_HEADER)) throw refuse(`not a safetensors file: its header would have ${length} bytes`)
  const dataStart = 8 + Number(length)
  if (dataStart > size) throw refuse(`truncated: its header needs ${dataStart} bytes, and the file has ${size}`)

  const header = parseHeader(await files.readRange(file, 8, Number(length)), refuse)
  const tensors = new Map<string, TensorLocation>()
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue
    tensors.set(name, parseEntry(file, name, entry, dataStart, size, refuse))
  }
  checkOverlap(tensors, refuse)
  return tensors
}

const startOf = async (files: ModelFiles, file: string, size: number): Promise<string> =>
  new TextDecoder("latin1").decode(await files.readRange(file, 0, Math.min(size, 64)))

function parseHeader(bytes: Uint8Array, refuse: (problem: string) => ModelFileError): JsonObject {
  let header: unknown
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes))
  } catch {
    throw refuse("its header is not JSON")
  }
  if (!isJsonObject(header)) throw refuse("its header is not a JSON object")
  return header
}

function parseEntry(
  file: string,
  name: string,
  entry: unknown,
  dataStart: number,
  size: number,
  refuse: (problem: string) => ModelFileError,
): TensorLocation {
  if (!isJsonObject(entry)) throw refuse(`its header's entry for ${name} is not an object`)
  const { dtype, shape, data_offsets: offsets } = entry
  if (!isDtype(dtype)) throw refuse(`${name} has the unknown dtype ${JSON.stringify(dtype)}`)
  if (!isCounts(shape)) throw refuse(`${name} has the shape ${JSON.stringify(shape)}`)
  if (!isCounts(offsets) || offsets.length !== 2) {
    throw refuse(`${name} has the data_offsets ${JSON.stringify(offsets)}`)
  }
  const [begin = 0, end = 0] = offsets
  const length = shape.reduce((product, extent) => product * extent, ELEMENT_BYTES[dtype])
  if (end - begin !== length) {
    throw refuse(`${name} has ${end - begin} bytes, and ${dtype} ${shapeText(shape)} takes ${length}`)
  }
  if (dataStart + end > size) {
    throw refuse(`truncated: ${name} ends at byte ${dataStart + end}, and the file has ${size}`)
  }
  return { file, dtype, shape, offset: dataStart + begin, length }
}

function checkOverlap(tensors: TensorLocations, refuse: (problem: string) => ModelFileError): void {
  const placed = [...tensors].filter(([, tensor]) => tensor.length > 0).sort(([, a], [, b]) => a.offset - b.offset)
  let end = 0
  let before = ""
  for (const [name, tensor] of placed) {
    if (tensor.offset < end) throw refuse(`${before} and ${name} overlap`)
    end = tensor.offset + tensor.length
    before = name
  }
}

const isDtype = (value: unknown): value is Dtype => typeof value === "string" && Object.hasOwn(ELEMENT_BYTES, value)

const isCounts = (value: unknown): value is ReadonlyArray<number> =>
  Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0)

const shapeText = (shape: ReadonlyArray<number>): string => `[${shape.join(", ")}]`

const corrupt = (files: ModelFiles, file: string, problem: string): ModelFileError =>
  new ModelFileError({ file: filePath(files, file), problem, remedy: "Download the file again." })
