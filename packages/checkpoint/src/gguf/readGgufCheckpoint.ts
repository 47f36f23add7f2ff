import { ModelFileError, UnsupportedModelError } from "@facet/sdk/words"
import {
  type Architecture,
  architectures,
  areSameBytes,
  configFile,
  dequantise,
  Fields,
  ggufBlock,
  type GgufEncoding,
  type GgufFile,
  ggufName,
  type GgufTensor,
  headName,
  isMatrix,
  type JsonObject,
  type ModelFiles,
  openGgufParts,
  packedLayout,
  readModel,
  repackBlocks,
  type TensorSpec,
} from "@facet/sdk/folders"
import type { Checkpoint, CheckpointTensor, PackedRows } from "../Checkpoint.ts"
import { memoryFolder } from "../memoryFolder.ts"
import { tokenizerFiles } from "../sentencepiece/tokenizerFiles.ts"
import type { Vocabulary } from "../sentencepiece/Vocabulary.ts"
import { readVocabulary } from "./readVocabulary.ts"

/** Where a GGUF file lies. */
export interface GgufSource {
  /** For messages. */
  readonly root: string
  /** Its folder's files, and its name among them. */
  readonly files: ModelFiles
  readonly name: string
}

/**
 * Opens a GGUF file wherever it lies, or one that was split by any of its parts: of version 2 or 3, in f32, f16, bf16 or any of the types from Q2_K to Q8_0.
 *
 * Rejects as {@link openGgufCheckpoint} does.
 */
export async function readGgufCheckpoint(source: GgufSource): Promise<Checkpoint> {
  const { root } = source
  const file = await openGgufParts(source.files, source.name)
  const architecture = findArchitecture(root, file)
  const vocabulary = readVocabulary(file, refusing(root))
  const { leftOut, tensors } = await findTensors(source, architecture, file)
  const config = makeConfig(root, architecture, file, tensors)
  const model = await readModel(memoryFolder(root, new Map([[configFile, JSON.stringify(config)]])))
  const specs = [...architecture.tensors(model.config), ...headSpecs(tensors, model.config)]
  const placed = specs.map((spec) => tensorAt(source, architecture, spec, placeOf(root, architecture, spec, tensors)))
  checkUnknown(root, architecture, specs, tensors)
  let texts: Checkpoint["texts"] | undefined
  return {
    root,
    format: "gguf",
    model,
    config,
    // Made when they are asked for: cutting a vocabulary into merges takes seconds, and who reads weights needs none.
    get texts() {
      return (texts ??= makeTexts(architecture, file, vocabulary, model.config.bosId))
    },
    tensors: placed,
    leftOut,
    warnings: [...costs(placed), ...refusedWishes(file)],
    close: async () => {},
  }
}

const refusing =
  (root: string) =>
  (problem: string, remedy = "Take a file that llama.cpp's own converter made of the model as it was published.") =>
    new ModelFileError({ file: root, problem, remedy })

function findArchitecture(root: string, { metadata }: GgufFile): Architecture {
  const name = metadata.get("general.architecture")
  const found = architectures.find(({ gguf }) => gguf.name === name)
  if (found !== undefined) return found
  const supported = architectures.map(({ gguf, title }) => `${title} (${gguf.name})`).join(", ")
  if (typeof name === "string") throw new UnsupportedModelError({ model: root, architecture: name, supported })
  throw refusing(root)(`it does not say its architecture; Facet runs ${supported}`)
}

/** The file's tensors without those of parts that are no text model, and without a head that is the embedding's copy. */
async function findTensors({ files, root }: GgufSource, { gguf }: Architecture, file: GgufFile) {
  const tensors = new Map<string, GgufTensor>()
  const leftOut = new Set<string>()
  for (const [tensor, place] of file.tensors) {
    const part = Object.entries(gguf.leftOut).find(([start]) => tensor.startsWith(start))?.[1]
    if (part === undefined) tensors.set(tensor, place)
    else leftOut.add(part)
  }
  const embedding = tensors.get(ggufName(gguf, embeddingName))
  if (embedding === undefined) throw missing(root, ggufName(gguf, embeddingName))
  const head = tensors.get(ggufName(gguf, headName))
  const isCopy = head?.encoding === embedding.encoding && (await areSameBytes(files, head, embedding))
  if (head !== undefined && isCopy) tensors.delete(head.name)
  return { tensors, leftOut: [...leftOut] }
}

/** Of every architecture's table: its rows are the vocabulary. */
const embeddingName = "model.embed_tokens"

const missing = (root: string, tensor: string): ModelFileError =>
  refusing(root)(`the tensor ${tensor} is missing`, "Download the whole file again.")

function headSpecs(
  tensors: ReadonlyMap<string, GgufTensor>,
  { hiddenSize, vocabSize }: { readonly hiddenSize: number; readonly vocabSize: number },
): ReadonlyArray<TensorSpec> {
  if (!tensors.has("output.weight")) return []
  return [{ name: headName, kind: "matrix", rows: vocabSize, columns: hiddenSize }]
}

function makeConfig(
  root: string,
  { gguf }: Architecture,
  { metadata }: GgufFile,
  tensors: ReadonlyMap<string, GgufTensor>,
): JsonObject {
  const rows = tensors.get(ggufName(gguf, embeddingName))?.shape[0] ?? 0
  const tokens = fieldsOf(root, metadata, "tokenizer.ggml.")
  const ends = ["eos_token_id", "eot_token_id", "eos_token_ids"].flatMap((name) => tokens.tokenIds(name, rows))
  const window = metadata.get("facet.guard_window")
  return {
    ...gguf.readConfig(fieldsOf(root, metadata, `${gguf.name}.`)),
    vocab_size: rows,
    tie_word_embeddings: !tensors.has("output.weight"),
    bos_token_id: tokens.tokenId("bos_token_id", rows, 2),
    ...(ends.length > 0 && { eos_token_id: [...new Set(ends)].sort((a, b) => a - b) }),
    ...(tokens.has("padding_token_id") && { pad_token_id: tokens.tokenId("padding_token_id", rows) }),
    ...(window !== undefined && { facet: { guardWindow: window } }),
  }
}

/** The metadata's entries under a prefix, as checked fields. Lists of numbers are given as plain ones. */
function fieldsOf(root: string, metadata: GgufFile["metadata"], prefix: string): Fields {
  const entries = [...metadata].flatMap(([key, value]) => {
    if (!key.startsWith(prefix) || (Array.isArray(value) && value.length > mostListed)) return []
    if (value instanceof Float64Array) return value.length > mostListed ? [] : [[key.slice(prefix.length), [...value]]]
    return [[key.slice(prefix.length), value]]
  })
  return new Fields(root, Object.assign(Object.create(null), Object.fromEntries(entries)), prefix)
}

/** A field has a value a layer at most; vocabularies are read by themselves. */
const mostListed = 4096

function placeOf(
  root: string,
  { gguf }: Architecture,
  spec: TensorSpec,
  tensors: ReadonlyMap<string, GgufTensor>,
): GgufTensor {
  const name = ggufName(gguf, spec.name)
  const tensor = tensors.get(name)
  if (tensor === undefined) throw missing(root, name)
  const shape = isMatrix(spec) ? [spec.rows, spec.columns] : [spec.columns]
  const fits = shape.length === tensor.shape.length && shape.every((extent, axis) => extent === tensor.shape[axis])
  if (fits) return tensor
  throw refusing(root)(
    `the tensor ${name} is [${tensor.shape.join(", ")}]; the metadata asks for [${shape.join(", ")}]`,
    "Download the file again: its parts do not belong together.",
  )
}

/** Whatever would be lost is told instead. */
function checkUnknown(
  root: string,
  { gguf }: Architecture,
  specs: ReadonlyArray<TensorSpec>,
  tensors: ReadonlyMap<string, GgufTensor>,
): void {
  const known = new Set(specs.map(({ name }) => ggufName(gguf, name)))
  const unknown = [...tensors.keys()].find((name) => !known.has(name))
  if (unknown === undefined) return
  throw refusing(root)(`the tensor ${unknown} is none that this model's architecture has`)
}

function tensorAt(source: GgufSource, { gguf }: Architecture, spec: TensorSpec, tensor: GgufTensor): CheckpointTensor {
  const { encoding } = tensor
  const { bytes, weights } = ggufBlock(encoding)
  const rowBytes = (spec.columns / weights) * bytes
  const rows = (first: number, count: number): Promise<Uint8Array> =>
    source.files.readRange(tensor.file, tensor.offset + first * rowBytes, count * rowBytes)
  const added = isMatrix(spec) ? 0 : gguf.addedToNorms
  return {
    spec,
    encoding,
    read: async (first, count) => {
      const values = dequantise(await rows(first, count), encoding)
      if (added !== 0) for (let i = 0; i < values.length; i++) values[i]! -= added
      return values
    },
    packed: isMatrix(spec) ? packedRows(source.root, tensor, rows) : undefined,
  }
}

function packedRows(
  root: string,
  { encoding, name }: GgufTensor,
  rows: (first: number, count: number) => Promise<Uint8Array>,
): PackedRows | undefined {
  const quantization = packedLayout(encoding)
  if (quantization === undefined || (encoding !== "Q4_0" && encoding !== "Q8_0")) return undefined
  return {
    quantization,
    read: async (first, count) => {
      const matrix = repackBlocks(await rows(first, count), encoding)
      const wrong = matrix.scales.find((scale) => !Number.isFinite(scale))
      if (wrong === undefined) return matrix
      throw refusing(root)(`the tensor ${name} has the scale ${wrong}`, "The file is damaged; download it again.")
    },
  }
}

/** What reading in another encoding than ours means, a sentence for each. */
function costs(tensors: ReadonlyArray<CheckpointTensor>): ReadonlyArray<string> {
  const matrices = tensors.filter(({ spec }) => isMatrix(spec))
  const quantised = [...new Set(matrices.map(({ encoding }) => encoding))].filter(
    (encoding) => !plain.has(encoding) && packedLayout(encoding as GgufEncoding) === undefined,
  )
  return quantised.map((encoding) => {
    const count = matrices.filter((tensor) => tensor.encoding === encoding).length
    return (
      `${count === 1 ? "1 matrix is" : `${count} matrices are`} in ${encoding}, which Facet unpacks and packs anew: ` +
      `what 4 or 8 bits then leave out comes on top of what ${encoding} had left out.`
    )
  })
}

const plain: ReadonlySet<string> = new Set<GgufEncoding>(["F32", "F16", "BF16"])

/** What the file asks for and does not get. */
function refusedWishes({ metadata }: GgufFile): ReadonlyArray<string> {
  if (metadata.get("tokenizer.ggml.add_bos_token") !== false) return []
  return ["The file asks for texts without <bos> in front; Facet puts it there, since every Gemma was trained with it."]
}

function makeTexts(
  { template }: Architecture,
  { metadata }: GgufFile,
  vocabulary: Vocabulary,
  bosId: number,
): Checkpoint["texts"] {
  const own = metadata.get("tokenizer.chat_template")
  const named = (key: string): string | undefined => {
    const id = metadata.get(`tokenizer.ggml.${key}_token_id`)
    return typeof id === "number" ? vocabulary.pieces[id] : undefined
  }
  return tokenizerFiles(vocabulary, {
    bosId,
    named: { bos: named("bos"), eos: named("eos"), pad: named("padding"), unk: named("unknown") },
    template: typeof own === "string" ? own : undefined,
    usualTemplate: template,
  })
}
