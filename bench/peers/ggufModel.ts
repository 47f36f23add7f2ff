/** The same model for llama.cpp: Q4_0, from the bytes of a Facet folder. */
import { type FileHandle, open, readFile } from "node:fs/promises"
import { join } from "node:path"
import {
  type Model,
  type ModelTensors,
  openFolder,
  openTensors,
  readModel,
  type TensorLocation,
  type TensorSpec,
  tokenizerFile,
} from "@facet/sdk/folders"
import { type GgufTensor, type GgufValue, layOutGguf, q4Block } from "./Gguf.ts"
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
    const tensors = located.specs.map((spec) => ggufTensor(spec))
    const { header, offsets, size } = layOutGguf(await metadataOf(folder, model), tensors)
    await using file = await open(target, "w")
    await file.truncate(size)
    await write(file, header, 0)
    for (const spec of located.specs) {
      await copyTensor(folder, { model, located, spec }, file, offsets.get(ggufTensor(spec).name) ?? 0)
    }
  })
  return path
}

/** llama.cpp's names of what stands in a layer (gguf-py, `constants.py`). */
const layerNames: Readonly<Record<string, string>> = {
  input_layernorm: "attn_norm",
  "self_attn.q_proj": "attn_q",
  "self_attn.k_proj": "attn_k",
  "self_attn.v_proj": "attn_v",
  "self_attn.o_proj": "attn_output",
  "self_attn.q_norm": "attn_q_norm",
  "self_attn.k_norm": "attn_k_norm",
  post_attention_layernorm: "post_attention_norm",
  pre_feedforward_layernorm: "ffn_norm",
  "mlp.gate_proj": "ffn_gate",
  "mlp.up_proj": "ffn_up",
  "mlp.down_proj": "ffn_down",
  post_feedforward_layernorm: "post_ffw_norm",
}

const outerNames: Readonly<Record<string, string>> = { "model.embed_tokens": "token_embd", "model.norm": "output_norm" }

function ggufTensor({ columns, kind, name, rows }: TensorSpec): GgufTensor {
  const [, layer, within = ""] = /^model\.layers\.(\d+)\.(.+)$/.exec(name) ?? []
  const ours = layer === undefined ? outerNames[name] : layerNames[within]
  if (ours === undefined) throw new Error(`${name} has no name in a GGUF file`)
  const full = layer === undefined ? `${ours}.weight` : `blk.${layer}.${ours}.weight`
  return kind === "norm"
    ? { name: full, shape: [columns], type: "F32" }
    : { name: full, shape: [rows, columns], type: "Q4_0" }
}

async function metadataOf(
  folder: string,
  { architecture, config }: Model,
): Promise<Readonly<Record<string, GgufValue>>> {
  const name = architecture.names.includes("gemma2") ? "gemma2" : "gemma3"
  const own: Record<string, GgufValue> = {
    context_length: { uint32: config.contextLength },
    embedding_length: { uint32: config.hiddenSize },
    block_count: { uint32: config.layers },
    feed_forward_length: { uint32: config.intermediateSize },
    "attention.head_count": { uint32: config.heads },
    "attention.head_count_kv": { uint32: config.kvHeads },
    "attention.key_length": { uint32: config.headDim },
    "attention.value_length": { uint32: config.headDim },
    "attention.layer_norm_rms_epsilon": { float32: config.rmsNormEps },
    "attention.sliding_window": { uint32: config.slidingWindow },
    "rope.freq_base": { float32: config.rotary.full.base },
  }
  if (config.attnLogitSoftcap !== null) own["attn_logit_softcapping"] = { float32: config.attnLogitSoftcap }
  if (config.finalLogitSoftcap !== null) own["final_logit_softcapping"] = { float32: config.finalLogitSoftcap }
  return {
    "general.architecture": { string: name },
    "general.name": { string: "random weights" },
    "general.file_type": { uint32: 2 },
    ...Object.fromEntries(Object.entries(own).map(([key, value]) => [`${name}.${key}`, value])),
    ...(await vocabularyOf(folder, config.vocabSize)),
    "tokenizer.ggml.bos_token_id": { uint32: config.bosId },
    "tokenizer.ggml.eos_token_id": { uint32: config.eosIds[0] ?? 1 },
    "tokenizer.ggml.add_bos_token": { bool: true },
    "tokenizer.ggml.add_space_prefix": { bool: false },
  }
}

/** Kinds of tokens (llama.cpp, `llama_token_type`). */
const tokenTypes = { normal: 1, unknown: 2, control: 3, userDefined: 4, byte: 6 } as const

interface TokenizerJson {
  readonly model: { readonly vocab: Readonly<Record<string, number>> }
  readonly added_tokens: ReadonlyArray<{ readonly id: number; readonly content: string; readonly special: boolean }>
}

async function vocabularyOf(folder: string, size: number): Promise<Record<string, GgufValue>> {
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
    "tokenizer.ggml.model": { string: "llama" },
    "tokenizer.ggml.tokens": { strings: texts },
    // Pieces stand in the order in which they are merged.
    "tokenizer.ggml.scores": { float32s: texts.map((_, id) => -id) },
    "tokenizer.ggml.token_type": { int32s: types },
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
    const gains = floatsOf(await read(file, weight, 0, weight.length)).map((gain) => gain + 1)
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
