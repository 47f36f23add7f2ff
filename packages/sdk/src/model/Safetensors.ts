/**
 * Where the tensors of a model folder lie: the headers of its `.safetensors` files, read and checked without touching
 * the weights, so that a runtime can map them in place.
 *
 * The format (huggingface/safetensors, README): 8 bytes header length, little endian; the header, a JSON object
 * `name -> { dtype, shape, data_offsets: [begin, end] }`, offsets counted from the header's end; then the data.
 */
import { ModelFileError } from "../Errors.ts"
import { filePath, isJsonObject, type JsonObject, type ModelFiles, readJsonObject } from "../hub/ModelFiles.ts"
import type { GemmaConfig } from "./Config.ts"

/** Bytes an element. */
const ELEMENT_BYTES = {
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
} as const

/** Element types as safetensors spells them. */
export type Dtype = keyof typeof ELEMENT_BYTES

/** One tensor's place in a file. */
export interface TensorLocation {
  /** The file's name in the folder. */
  readonly file: string
  readonly dtype: Dtype
  readonly shape: ReadonlyArray<number>
  /** Of the first byte, counted from the file's start. */
  readonly offset: number
  /** In bytes. */
  readonly length: number
}

const SINGLE = "model.safetensors"
const INDEX = "model.safetensors.index.json"

/** The format's own limit on the header, in bytes. */
const MAX_HEADER = 100_000_000

/**
 * Locates every tensor of a folder: of `model.safetensors`, or of the shards that `model.safetensors.index.json` lists.
 *
 * Rejects with a `ModelFileError` when there are no weights, a shard is missing, or a file is truncated or corrupt.
 */
export async function openSafetensors(files: ModelFiles): Promise<ReadonlyMap<string, TensorLocation>> {
  if (await files.exists(SINGLE)) return readHeader(files, SINGLE)
  if (await files.exists(INDEX)) return readShards(files)
  throw new ModelFileError({
    file: filePath(files, SINGLE),
    problem: `missing, and there is no ${INDEX} either`,
    remedy:
      "Facet reads safetensors; download those files of the model, or save it with transformers' save_pretrained.",
  })
}

async function readShards(files: ModelFiles): Promise<ReadonlyMap<string, TensorLocation>> {
  const refuse = (problem: string): ModelFileError => corrupt(files, INDEX, problem)
  const map = (await readJsonObject(files, INDEX))["weight_map"]
  if (!isJsonObject(map)) throw refuse('the field "weight_map" is not an object')
  const tensors = new Map<string, TensorLocation>()
  const shards = new Map<string, ReadonlyMap<string, TensorLocation>>()
  for (const [name, shard] of Object.entries(map)) {
    // A shard is a file of this folder; anything else would let a downloaded index read elsewhere.
    if (typeof shard !== "string" || !/^[^/\\]+\.safetensors$/.test(shard)) {
      throw refuse(
        `"weight_map" sends ${name} to ${JSON.stringify(shard)}, which is no .safetensors file of this folder`,
      )
    }
    const header = shards.get(shard) ?? (await readHeader(files, shard))
    shards.set(shard, header)
    const tensor = header.get(name)
    if (tensor === undefined) throw corrupt(files, shard, `lacks the tensor ${name}, which ${INDEX} places there`)
    tensors.set(name, tensor)
  }
  return tensors
}

async function readHeader(files: ModelFiles, file: string): Promise<ReadonlyMap<string, TensorLocation>> {
  const size = await files.size(file)
  const refuse = (problem: string): ModelFileError => corrupt(files, file, problem)
  if (size < 8) throw refuse(`truncated: it has ${size} bytes`)
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

function checkOverlap(tensors: ReadonlyMap<string, TensorLocation>, refuse: (problem: string) => ModelFileError): void {
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

/** What a tensor must look like. */
interface TensorSpec {
  readonly name: string
  readonly shape: ReadonlyArray<number>
  readonly dtypes: ReadonlyArray<Dtype>
}

/** The dtypes that Google and transformers publish weights in. */
const FLOATS: ReadonlyArray<Dtype> = ["F32", "F16", "BF16"]

/**
 * Checks that the tensors of a Gemma 2 are all there, in the right shape and dtype. Others are ignored (some exports
 * carry a copy of the embedding as `lm_head.weight`).
 *
 * A plain folder has every tensor in f32, f16 or bf16. A quantised folder has, for each matrix `X` of shape [N, K],
 * `X.weight`: U8 [N, ceil(K / blockSize), blockSize * bits / 8] and `X.weight_scale`: F32 [N, ceil(K / blockSize)]; its
 * norms stay floats.
 *
 * @param root - the folder's path, for the error
 * @throws ModelFileError naming the tensor, what was expected and what was found
 */
export function checkGemmaTensors(
  config: GemmaConfig,
  tensors: ReadonlyMap<string, TensorLocation>,
  root: string,
): void {
  for (const { name, shape, dtypes } of gemmaTensors(config)) {
    const wanted = `${dtypes.join(" or ")} ${shapeText(shape)}`
    const tensor = tensors.get(name)
    if (tensor === undefined) {
      throw new ModelFileError({
        file: root,
        problem: `the tensor ${name} is missing; config.json asks for ${wanted}`,
        remedy: "Download the whole model again: config.json and the weights must belong together.",
      })
    }
    const fits = shape.length === tensor.shape.length && shape.every((extent, axis) => extent === tensor.shape[axis])
    if (!fits || !dtypes.includes(tensor.dtype)) {
      throw new ModelFileError({
        file: `${root}/${tensor.file}`,
        problem: `the tensor ${name} is ${tensor.dtype} ${shapeText(tensor.shape)}; config.json asks for ${wanted}`,
        remedy: "Download the whole model again: config.json and the weights must belong together.",
      })
    }
  }
}

/** Every tensor of a Gemma 2, by transformers' names. */
function* gemmaTensors(config: GemmaConfig): Generator<TensorSpec> {
  const { hiddenSize, intermediateSize } = config
  const queries = config.heads * config.headDim
  const keys = config.kvHeads * config.headDim
  yield* matrix(config, "model.embed_tokens", config.vocabSize, hiddenSize)
  for (let layer = 0; layer < config.layers; layer++) {
    const prefix = `model.layers.${layer}`
    yield norm(`${prefix}.input_layernorm`, hiddenSize)
    yield* matrix(config, `${prefix}.self_attn.q_proj`, queries, hiddenSize)
    yield* matrix(config, `${prefix}.self_attn.k_proj`, keys, hiddenSize)
    yield* matrix(config, `${prefix}.self_attn.v_proj`, keys, hiddenSize)
    yield* matrix(config, `${prefix}.self_attn.o_proj`, hiddenSize, queries)
    yield norm(`${prefix}.post_attention_layernorm`, hiddenSize)
    yield norm(`${prefix}.pre_feedforward_layernorm`, hiddenSize)
    yield* matrix(config, `${prefix}.mlp.gate_proj`, intermediateSize, hiddenSize)
    yield* matrix(config, `${prefix}.mlp.up_proj`, intermediateSize, hiddenSize)
    yield* matrix(config, `${prefix}.mlp.down_proj`, hiddenSize, intermediateSize)
    yield norm(`${prefix}.post_feedforward_layernorm`, hiddenSize)
  }
  yield norm("model.norm", hiddenSize)
}

/**
 * Refuses widths that are no multiple of the block size: ONNX Runtime's lookup of quantised rows knows whole blocks only.
 *
 * @throws ModelFileError
 */
export function checkBlocks(
  { headDim, heads, hiddenSize, intermediateSize, quantization }: GemmaConfig,
  root: string,
): void {
  if (quantization === null) return
  const uneven = [hiddenSize, intermediateSize, heads * headDim].find((width) => width % quantization.blockSize !== 0)
  if (uneven === undefined) return
  throw new ModelFileError({
    file: root,
    problem: `quantised in blocks of ${quantization.blockSize}, which do not divide a row of ${uneven}`,
    remedy: "Quantise the model again, with a block size that divides all its widths.",
  })
}

const norm = (name: string, width: number): TensorSpec => ({ name: `${name}.weight`, shape: [width], dtypes: FLOATS })

/** The tensors of one matrix with `rows` outputs and `columns` inputs. */
function matrix(config: GemmaConfig, name: string, rows: number, columns: number): ReadonlyArray<TensorSpec> {
  const { quantization } = config
  if (quantization === null) return [{ name: `${name}.weight`, shape: [rows, columns], dtypes: FLOATS }]
  const { bits, blockSize } = quantization
  const blocks = Math.ceil(columns / blockSize)
  return [
    { name: `${name}.weight`, shape: [rows, blocks, (blockSize * bits) / 8], dtypes: ["U8"] },
    { name: `${name}.weight_scale`, shape: [rows, blocks], dtypes: ["F32"] },
  ]
}
