/** The same model for llama.cpp: Q4_0, from the bytes of a Facet folder. */
import { type FileHandle, open, readFile } from "node:fs/promises"
import { join } from "node:path"
import {
  ggufBlock,
  type GgufEntry,
  ggufName,
  type GgufPlan,
  layOutGguf,
  type Model,
  type ModelTensors,
  openFolder,
  openTensors,
  readModel,
  type TensorLocation,
  type TensorSpec,
  tokenizerFile,
} from "@facet/sdk/folders"
import { madeOnce } from "./madeOnce.ts"
import { weightsRecipe } from "./randomModel.ts"

/**
 * Writes `model.gguf` into a folder of 4-bit weights, unless it is there. Levels stay as they are; a wider block's scale
 * is said again for each 32 weights and rounded to float16, which is what Q4_0 holds. llama.cpp's own tool would give the
 * embedding six bits (Q6_K): four are fewer bytes to read, in the peer's favour.
 *
 * @returns its path
 */
export async function ggufModel(folder: string): Promise<string> {
  const path = join(folder, "model.gguf")
  const files = await openFolder(folder)
  const model = await readModel(files)
  const located = await openTensors(files, model)
  const recipe = `gguf 1 ${weightsRecipe} ${await readFile(join(folder, "config.json"), "utf8")}`
  await madeOnce(path, recipe, async (target) => {
    const plans = located.specs.map((spec) => planOf(model, spec))
    const { header, offsets, size } = layOutGguf(Object.entries(await metadataOf(folder, model)), plans)
    await using file = await open(target, "w")
    await file.truncate(size)
    await write(file, header, 0)
    for (const spec of located.specs) {
      await copyTensor(folder, { model, located, spec }, file, offsets.get(planOf(model, spec).name) ?? 0)
    }
  })
  return path
}

/** What a block of the peer's matrices is. */
const q4Block = ggufBlock("Q4_0")

const planOf = ({ architecture }: Model, { columns, kind, name, rows }: TensorSpec): GgufPlan => {
  const full = ggufName(architecture.gguf, name)
  return kind === "norm"
    ? { name: full, shape: [columns], encoding: "F32" }
    : { name: full, shape: [rows, columns], encoding: "Q4_0" }
}

async function metadataOf(
  folder: string,
  { architecture, config }: Model,
): Promise<Readonly<Record<string, GgufEntry>>> {
  const { name, writeConfig } = architecture.gguf
  const own = Object.entries(writeConfig(config)).map(([key, entry]) => [`${name}.${key}`, entry])
  return {
    "general.architecture": { type: "text", value: name },
    "general.name": { type: "text", value: "random weights" },
    "general.file_type": { type: "u32", value: 2 },
    ...Object.fromEntries(own),
    ...(await vocabularyOf(folder, config.vocabSize)),
    "tokenizer.ggml.bos_token_id": { type: "u32", value: config.bosId },
    "tokenizer.ggml.eos_token_id": { type: "u32", value: config.eosIds[0] ?? 1 },
    "tokenizer.ggml.add_bos_token": { type: "bool", value: true },
    "tokenizer.ggml.add_space_prefix": { type: "bool", value: false },
  }
}

/** Kinds of tokens (llama.cpp, `llama_token_type`). */
const tokenTypes = { normal: 1, unknown: 2, control: 3, userDefined: 4, byte: 6 } as const

interface TokenizerJson {
  readonly model: { readonly vocab: Readonly<Record<string, number>> }
  readonly added_tokens: ReadonlyArray<{ readonly id: number; readonly content: string; readonly special: boolean }>
}

async function vocabularyOf(folder: string, size: number): Promise<Record<string, GgufEntry>> {
  // The tokenizer's file is one that was copied here: this is its format.
  const { added_tokens: added, model } = JSON.parse(
    await readFile(join(folder, tokenizerFile), "utf8"),
  ) as TokenizerJson
  const texts = Array.from({ length: size }, (_, id) => `<unused ${id}>`)
  const types = Array.from<unknown, number>({ length: size }, () => tokenTypes.normal)
  for (const [text, id] of Object.entries(model.vocab)) {
    texts[id] = text
    if (/^<0x[0-9A-F]{2}>$/.test(text)) types[id] = tokenTypes.byte
  }
  for (const { content, id, special } of added) {
    texts[id] = content
    types[id] = content === "<unk>" ? tokenTypes.unknown : special ? tokenTypes.control : tokenTypes.userDefined
  }
  return {
    "tokenizer.ggml.model": { type: "text", value: "llama" },
    "tokenizer.ggml.tokens": { type: "texts", value: texts },
    // Pieces stand in the order in which they are merged.
    "tokenizer.ggml.scores": { type: "f32s", value: texts.map((_, id) => -id) },
    "tokenizer.ggml.token_type": { type: "i32s", value: types },
  }
}

interface Source {
  readonly model: Model
  readonly located: ModelTensors
  readonly spec: TensorSpec
}

/** Bytes of a matrix that are packed anew at once, at most. */
const stride = 32 * 1024 * 1024

async function copyTensor(folder: string, { located, model, spec }: Source, target: FileHandle, at: number) {
  const place = (part: string): TensorLocation => {
    const found = located.tensors.get(`${spec.name}.${part}`)
    if (found === undefined) throw new Error(`${spec.name}.${part} is missing`)
    return found
  }
  const weight = place("weight")
  await using file = await open(join(folder, weight.file))
  if (spec.kind === "norm") {
    // llama.cpp multiplies by what stands there; Gemma's files hold the gain less one.
    const { addedToNorms } = model.architecture.gguf
    const gains = floatsOf(await read(file, weight, 0, weight.length)).map((gain) => gain + addedToNorms)
    return write(target, new Uint8Array(gains.buffer), at)
  }
  const { quantization } = model.config
  if (quantization?.bits !== 4) throw new Error("only folders of 4-bit weights are packed as Q4_0")
  const scale = place("weight_scale")
  const blocks = spec.columns / quantization.blockSize
  const step = Math.max(1, Math.floor((stride * 2) / spec.columns))
  let done = at
  for (let row = 0; row < spec.rows; row += step) {
    const rows = Math.min(step, spec.rows - row)
    const levels = await read(file, weight, (row * spec.columns) / 2, (rows * spec.columns) / 2)
    const scales = floatsOf(await read(file, scale, row * blocks * 4, rows * blocks * 4))
    const packed = packQ4(levels, scales, quantization.blockSize)
    await write(target, packed, done)
    done += packed.length
  }
}

/**
 * Levels of two neighbours a byte, the first in the low nibble, to blocks of Q4_0: a scale, then the levels `i` and
 * `i + 16` a byte.
 */
export function packQ4(levels: Uint8Array, scales: Float32Array, blockSize: number): Uint8Array {
  const count = (levels.length * 2) / q4Block.weights
  const halves = new Uint16Array(Float16Array.from(scales).buffer)
  const perScale = blockSize / q4Block.weights
  const packed = new Uint8Array(count * q4Block.bytes)
  for (let block = 0; block < count; block++) {
    const half = halves[Math.floor(block / perScale)] ?? 0
    let to = block * q4Block.bytes
    packed[to++] = half & 255
    packed[to++] = half >> 8
    const first = block * 16
    for (let i = 0; i < 8; i++) {
      const low = levels[first + i]!
      const high = levels[first + 8 + i]!
      packed[to++] = (low & 15) | ((high & 15) << 4)
      packed[to++] = (low >> 4) | (high & 240)
    }
  }
  return packed
}

/** A copy, since a view must be aligned. */
const floatsOf = (bytes: Uint8Array): Float32Array<ArrayBuffer> => new Float32Array(Uint8Array.from(bytes).buffer)

async function read(file: FileHandle, { offset }: TensorLocation, from: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + from + done)
    if (bytesRead === 0) throw new Error("the weights end too early")
    done += bytesRead
  }
  return bytes
}

async function write(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten
  }
}
