/** A checkpoint as a GGUF file, which llama.cpp and what builds on it open. */
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises"
import { basename, dirname } from "node:path"
import { callHook, InvalidRequestError, ModelFileError } from "@facet/sdk/words"
import {
  chatTemplateFile,
  ggufBlock,
  type GgufEntry,
  ggufName,
  headName,
  isJsonObject,
  isMatrix,
  type JsonObject,
  layOutGguf,
  makeFolder,
  tokenizerConfigFile,
  tokenizerFile,
} from "@facet/sdk/folders"
import type { Checkpoint } from "../Checkpoint.ts"
import { checkRoom } from "../checkRoom.ts"
import type { Conversion } from "../convertCheckpoint.ts"
import type { ConvertOptions } from "../ConvertOptions.ts"
import { besidePlace, removeLeftovers } from "../Leftovers.ts"
import { type Output, type Packing, planOutputs } from "../Packing.ts"
import { resolvedPath } from "../resolvedPath.ts"
import { plainRows, quantisedRows } from "../Rows.ts"
import { writeAt } from "../writeAt.ts"
import { packGguf } from "./packGguf.ts"
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
  const place = await resolvedPath(target)
  if (place === (await resolvedPath(checkpoint.root)))
    throw invalid("target", "it is the source itself", "Name another file.")
  if ((await stat(place).catch(() => undefined))?.isDirectory() === true)
    throw invalid("target", `${place} is a folder`, "Name a file, or a folder whose name does not end in .gguf.")
  const outputs = planOutputs(checkpoint, options)
  const { gguf } = checkpoint.model.architecture
  const vocabulary = readVocabulary(checkpoint)
  const layout = layOutGguf(
    describe(checkpoint, vocabulary, outputs, options),
    outputs.map(({ packing, spec }) => ({
      name: ggufName(gguf, spec.name),
      encoding: encodingOf(packing),
      shape: isMatrix(spec) ? [spec.rows, spec.columns] : [spec.columns],
    })),
  )
  await makeFolder(dirname(place))
  await removeLeftovers(place)
  await checkRoom(dirname(place), layout.size, place)
  const part = besidePlace(place)
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

/** What Facet writes. */
type WrittenEncoding = "F32" | "F16" | "Q8_0" | "Q4_0"

const encodingOf = (packing: Packing): WrittenEncoding => {
  if (packing.kind === "float") return packing.dtype
  return packing.kind === "blocks" && packing.quantization.bits === 4 ? "Q4_0" : "Q8_0"
}

/** Bytes of a row. */
const rowLength = ({ packing, spec }: Output): number => {
  const { bytes, weights } = ggufBlock(encodingOf(packing))
  return (spec.columns / weights) * bytes
}

const invalid = (option: string, problem: string, remedy: string): InvalidRequestError =>
  new InvalidRequestError({ option, problem, remedy })

function checkOptions({ tensors }: Checkpoint, { block, dtype, embedding, head }: ConvertOptions): void {
  for (const [option, value] of Object.entries({ dtype, embedding, head })) {
    if (value !== "int8") continue
    throw invalid(option, "a GGUF has no int8 with a scale for each output", "Use q8, whose blocks of 32 it has.")
  }
  if (block !== undefined && block !== 32) {
    throw invalid("block", `a GGUF has blocks of 32, and not of ${block}`, "Leave the option out.")
  }
  if (head !== undefined && tensors.every(({ spec }) => spec.name !== headName)) {
    throw invalid("head", "the embedding is the head, and a GGUF has it once", "Use the option `embedding` alone.")
  }
}

async function writeTensors(
  checkpoint: Checkpoint,
  outputs: ReadonlyArray<Output>,
  file: FileHandle,
  offsets: ReadonlyMap<string, number>,
  { onProgress, signal }: ConvertOptions,
): Promise<void> {
  const totalBytes = outputs.reduce((sum, output) => sum + output.spec.rows * rowLength(output), 0)
  const start = performance.now()
  let loadedBytes = 0
  for (const output of outputs) {
    const { columns, name, rows } = output.spec
    const offset = offsets.get(ggufName(checkpoint.model.architecture.gguf, name)) ?? 0
    const step = Math.max(1, Math.floor(pieceWeights / columns))
    for (let first = 0; first < rows; first += step) {
      signal?.throwIfAborted()
      const bytes = await readPiece(checkpoint, output, first, Math.min(step, rows - first))
      await writeAt(file, bytes, offset + first * rowLength(output))
      loadedBytes += bytes.length
      const seconds = (performance.now() - start) / 1000
      const secondsLeft = seconds < 0.5 ? undefined : (seconds / loadedBytes) * (totalBytes - loadedBytes)
      const progress = { tensor: name, loadedBytes, totalBytes, secondsLeft }
      if (onProgress !== undefined) callHook("onProgress", () => onProgress(progress))
    }
  }
}

/** Some rows, as the file has them. */
async function readPiece(
  { model, root, tensors }: Checkpoint,
  { packing, source, spec }: Output,
  first: number,
  count: number,
): Promise<Uint8Array> {
  const tensor = tensors[source]
  if (tensor === undefined) throw new Error(`there is no tensor ${source}`)
  if (packing.kind === "blocks") {
    const encoding = packing.quantization.bits === 4 ? "Q4_0" : "Q8_0"
    return packGguf(await quantisedRows(root, tensor, packing, first, count), encoding, spec.name)
  }
  if (packing.kind === "outputs") throw new Error("int8 was refused before")
  const values = await plainRows(root, tensor, packing.dtype, first, count)
  const { addedToNorms } = model.architecture.gguf
  const whole = isMatrix(spec) ? values : values.map((value) => value + addedToNorms)
  return new Uint8Array(whole.buffer, whole.byteOffset, whole.byteLength)
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
  const largest = outputs.find(({ spec }) => spec.kind === "matrix")?.packing
  yield ["general.file_type", u32(fileTypes[largest === undefined ? "F32" : encodingOf(largest)])]
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
