/** A checkpoint as a GGUF file, which llama.cpp and what builds on it open. */
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises"
import { basename, dirname, join, resolve } from "node:path"
import { callHook, InvalidRequestError, ModelFileError } from "@facet/sdk/words"
import {
  chatTemplateFile,
  type GgufEntry,
  ggufName,
  headName,
  isJsonObject,
  isMatrix,
  type JsonObject,
  layOutGguf,
  tokenizerConfigFile,
  tokenizerFile,
} from "@facet/sdk/folders"
import type { Checkpoint, CheckpointTensor } from "../Checkpoint.ts"
import { checkFinite } from "../checkFinite.ts"
import type { Conversion, ConvertOptions } from "../convertModel.ts"
import { type Dtype, usual } from "../Packing.ts"
import { encodeRows, packBlocks, rowLength, type WrittenEncoding } from "./encodeRows.ts"
import { vocabularyOf, type WrittenVocabulary } from "./vocabularyOf.ts"

/** Weights in a piece of work: 8 MB of f32, so that memory does not grow with the model. */
const pieceWeights = 2_097_152

/**
 * Writes a checkpoint as a GGUF file of version 3, with its tokenizer and chat template: matrices in F32, F16, Q8_0 or
 * Q4_0, norms in F32. The file appears whole or not at all.
 *
 * Rejects with an `InvalidRequestError` for blocks of another size than 32, for a head that is packed by itself, and for a
 * model that llama.cpp would not run as Facet does; with a `ModelFileError` when a weight is not finite or the checkpoint has
 * no tokenizer; and with the signal's reason.
 */
export async function writeGguf(checkpoint: Checkpoint, target: string, options: ConvertOptions): Promise<Conversion> {
  checkOptions(checkpoint, options)
  const place = resolve(target)
  if (place === checkpoint.root) throw invalid("target", "it is the source itself", "Name another file.")
  const outputs = checkpoint.tensors.map((tensor): Output => ({
    tensor,
    name: ggufName(checkpoint.model.architecture.gguf, tensor.spec.name),
    encoding: chooseEncoding(tensor, options),
  }))
  const vocabulary = readVocabulary(checkpoint)
  const layout = layOutGguf(
    describe(checkpoint, vocabulary, outputs, options),
    outputs.map(({ encoding, name, tensor: { spec } }) => ({
      name,
      encoding,
      shape: isMatrix(spec) ? [spec.rows, spec.columns] : [spec.columns],
    })),
  )
  await mkdir(dirname(place), { recursive: true })
  const part = join(dirname(place), `.${basename(place)}.${process.pid}.part`)
  try {
    {
      await using file = await open(part, "w")
      await writeAt(file, layout.header, 0)
      await file.truncate(layout.size)
      await writeTensors(checkpoint, outputs, file, layout.offsets, options)
      await file.sync()
    }
    await rename(part, place)
  } catch (cause) {
    await rm(part, { force: true })
    throw cause
  }
  return { leftOut: checkpoint.leftOut, warnings: [...checkpoint.warnings, ...costs(vocabulary)], bytes: layout.size }
}

interface Output {
  readonly tensor: CheckpointTensor
  readonly name: string
  readonly encoding: WrittenEncoding
}

const invalid = (option: string, problem: string, remedy: string): InvalidRequestError =>
  new InvalidRequestError({ option, problem, remedy })

function checkOptions({ tensors }: Checkpoint, { block, head }: ConvertOptions): void {
  if (block !== undefined && block !== 32) {
    throw invalid("block", `a GGUF has blocks of 32, and not of ${block}`, "Leave the option out.")
  }
  if (head !== undefined && tensors.every(({ spec }) => spec.name !== headName)) {
    throw invalid("head", "the embedding is the head, and a GGUF has it once", "Use the option `embedding` alone.")
  }
}

const encodings: Readonly<Record<Dtype, WrittenEncoding>> = { f32: "F32", f16: "F16", q8: "Q8_0", q4: "Q4_0" }

function chooseEncoding({ encoding, spec }: CheckpointTensor, options: ConvertOptions): WrittenEncoding {
  if (!isMatrix(spec)) return "F32"
  const own = spec.kind === "embedding" ? options.embedding : spec.name === headName ? options.head : undefined
  const dtype = own ?? options.dtype
  // What is packed in such blocks already stays as it is.
  if (dtype === undefined && isPacked(encoding)) return encoding
  const chosen = encodings[dtype ?? usual.dtype]
  if (chosen === undefined) throw invalid("dtype", `${String(dtype)} is none of f32, f16, q8, q4`, "Use one of them.")
  if (!isPacked(chosen) || spec.columns % 32 === 0) return chosen
  throw invalid(
    "dtype",
    `blocks of 32 do not divide the rows of ${spec.name}, which have ${spec.columns} weights`,
    "Use f16 or f32.",
  )
}

const isPacked = (encoding: string): encoding is "Q8_0" | "Q4_0" => encoding === "Q8_0" || encoding === "Q4_0"

async function writeTensors(
  { model, root }: Checkpoint,
  outputs: ReadonlyArray<Output>,
  file: FileHandle,
  offsets: ReadonlyMap<string, number>,
  { onProgress, signal }: ConvertOptions,
): Promise<void> {
  const { addedToNorms } = model.architecture.gguf
  const sizeOf = ({ encoding, tensor: { spec } }: Output): number => spec.rows * rowLength(spec.columns, encoding)
  const totalBytes = outputs.reduce((sum, output) => sum + sizeOf(output), 0)
  const start = performance.now()
  let loadedBytes = 0
  for (const { encoding, name, tensor } of outputs) {
    const { columns, rows } = tensor.spec
    const step = Math.max(1, Math.floor(pieceWeights / columns))
    for (let first = 0; first < rows; first += step) {
      signal?.throwIfAborted()
      const count = Math.min(step, rows - first)
      const bytes = await encodePiece(root, tensor, encoding, first, count, isMatrix(tensor.spec) ? 0 : addedToNorms)
      await writeAt(file, bytes, (offsets.get(name) ?? 0) + first * rowLength(columns, encoding))
      loadedBytes += bytes.length
      const seconds = (performance.now() - start) / 1000
      const secondsLeft = seconds < 0.5 ? undefined : (seconds / loadedBytes) * (totalBytes - loadedBytes)
      const progress = { tensor: tensor.spec.name, loadedBytes, totalBytes, secondsLeft }
      if (onProgress !== undefined) callHook("onProgress", () => onProgress(progress))
    }
  }
}

async function encodePiece(
  root: string,
  tensor: CheckpointTensor,
  encoding: WrittenEncoding,
  first: number,
  count: number,
  added: number,
): Promise<Uint8Array> {
  const { packed, spec } = tensor
  if (isPacked(encoding) && tensor.encoding === encoding && packed !== undefined) {
    return packBlocks(await packed.read(first, count), encoding, spec.name)
  }
  const values = checkFinite(root, spec, await tensor.read(first, count))
  const whole = added === 0 ? values : values.map((value) => value + added)
  return encodeRows(whole, count, spec.columns, encoding, spec.name)
}

async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += (await file.write(bytes, written, bytes.length - written, position + written)).bytesWritten
  }
}

function readVocabulary(checkpoint: Checkpoint): WrittenVocabulary {
  const file = `${checkpoint.root}/${tokenizerFile}`
  const refuse = (problem: string): ModelFileError =>
    new ModelFileError({ file, problem, remedy: "Take the file from where the model was published, unchanged." })
  const json = jsonOf(checkpoint, tokenizerFile)
  if (json === undefined) throw refuse("missing, or no JSON object")
  return vocabularyOf(json, checkpoint.model.config.vocabSize, refuse)
}

function textOf({ texts }: Checkpoint, name: string): string | undefined {
  const bytes = texts.get(name)
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes)
}

function jsonOf(checkpoint: Checkpoint, name: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(textOf(checkpoint, name) ?? "null")
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** ggml's numbers of what most matrices are in (llama.cpp, `llama.h`, `llama_ftype`). */
const fileTypes: Readonly<Record<WrittenEncoding, number>> = { F32: 0, F16: 1, Q4_0: 2, Q8_0: 7 }

function* describe(
  checkpoint: Checkpoint,
  { pieces, scores, types }: WrittenVocabulary,
  outputs: ReadonlyArray<Output>,
  { origin }: ConvertOptions,
): Generator<readonly [string, GgufEntry]> {
  const { architecture, config } = checkpoint.model
  const text = (value: string): GgufEntry => ({ type: "text", value })
  const u32 = (value: number): GgufEntry => ({ type: "u32", value })
  const bool = (value: boolean): GgufEntry => ({ type: "bool", value })
  const { gguf } = architecture
  yield ["general.architecture", text(gguf.name)]
  yield ["general.type", text("model")]
  yield ["general.name", text(origin?.id ?? basename(checkpoint.root))]
  if (origin?.licence !== undefined) yield ["general.license", text(origin.licence)]
  const largest = outputs.find(({ tensor }) => tensor.spec.kind === "matrix")?.encoding ?? "F32"
  yield ["general.file_type", u32(fileTypes[largest])]
  yield ["general.quantization_version", u32(2)]
  for (const [key, entry] of Object.entries(gguf.writeConfig(config))) yield [`${gguf.name}.${key}`, entry]
  if (config.guardWindow !== null) yield ["facet.guard_window", u32(config.guardWindow)]
  yield ["tokenizer.ggml.model", text("llama")]
  yield ["tokenizer.ggml.pre", text("default")]
  yield ["tokenizer.ggml.tokens", { type: "texts", value: pieces }]
  yield ["tokenizer.ggml.scores", { type: "f32s", value: scores }]
  yield ["tokenizer.ggml.token_type", { type: "i32s", value: types }]
  yield ["tokenizer.ggml.bos_token_id", u32(config.bosId)]
  yield ["tokenizer.ggml.eos_token_id", u32(config.eosIds[0] ?? architecture.endOfText)]
  const named = { eot: architecture.endOfTurn, unknown: "<unk>", padding: "<pad>" }
  for (const [name, piece] of Object.entries(named)) {
    const id = pieces.indexOf(piece)
    if (id >= 0) yield [`tokenizer.ggml.${name}_token_id`, u32(id)]
  }
  yield ["tokenizer.ggml.add_bos_token", bool(true)]
  yield ["tokenizer.ggml.add_eos_token", bool(false)]
  yield ["tokenizer.ggml.add_space_prefix", bool(false)]
  const template = textOf(checkpoint, chatTemplateFile) ?? jsonOf(checkpoint, tokenizerConfigFile)?.["chat_template"]
  yield ["tokenizer.chat_template", text(typeof template === "string" ? template : architecture.template)]
}

const costs = ({ isExact }: WrittenVocabulary): ReadonlyArray<string> =>
  isExact
    ? []
    : [
        "The tokenizer lists fewer merges than its pieces allow. A GGUF has no list, so that llama.cpp cuts some words otherwise than Facet does.",
      ]
