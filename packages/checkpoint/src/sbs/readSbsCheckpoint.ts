import { ModelFileError } from "@facet/sdk/words"
import {
  configFile,
  isMatrix,
  type JsonObject,
  type Model,
  readJsonObject,
  readModel,
  type TensorSpec,
} from "@facet/sdk/folders"
import type { Checkpoint, CheckpointTensor } from "../Checkpoint.ts"
import { memoryFolder } from "../memoryFolder.ts"
import { readSentencePiece } from "../sentencepiece/readSentencePiece.ts"
import { tokenIds } from "../sentencepiece/tokenIds.ts"
import { tokenizerFiles } from "../sentencepiece/tokenizerFiles.ts"
import type { Refuse, Vocabulary } from "../sentencepiece/Vocabulary.ts"
import { decodeSbs, sbsRange } from "./decodeSbs.ts"
import { FieldReader } from "./FieldReader.ts"
import { type Blob, readBlobs } from "./readBlobs.ts"
import { readSbsConfig } from "./readSbsConfig.ts"
import type { SbsSource } from "./SbsSource.ts"
import { type SbsPlace, sbsPlaces, sbsVision } from "./SbsSpelling.ts"
import { checkLength, readSbsTensors, type SbsFile, type SbsTensor } from "./SbsTensors.ts"
import { withLooseScales } from "./withLooseScales.ts"

/** Blobs of gemma.cpp's that are no tensors (`gemma/model_store.cc`). */
const configBlob = "config"
const tokenizerBlob = "tokenizer"

/** What Kaggle has beside a file without a tokenizer of its own. */
const vocabularyFiles = ["tokenizer.spm", "tokenizer.model"]

/** The same as `openSbsCheckpoint`, wherever the file lies. */
export async function readSbsCheckpoint(source: SbsSource): Promise<Checkpoint> {
  const { root } = source
  const blobs = await readBlobs(source.files, source.name)
  const refuse: Refuse = (problem, remedy = "Download the file again.") =>
    new ModelFileError({ file: root, problem, remedy })
  const { config, hasVision } = await readConfig(source, blobs, refuse)
  const vocabulary = await readVocabulary(source, blobs)
  const ids = { ...tokenIds(vocabulary), ...config }
  const model = await readModel(memoryFolder(root, new Map([[configFile, JSON.stringify(ids)]])))
  if (vocabulary.pieces.length > model.config.vocabSize) {
    throw refuse(`its tokenizer has ${vocabulary.pieces.length} pieces, and its config says ${model.config.vocabSize}`)
  }
  const file = await withLooseScales(source, model, await readSbsTensors(source.files, source.name, blobs), refuse)
  const specs = model.architecture.tensors(model.config)
  const found = specs.map((spec) => find(spec, model, file, refuse))
  const leftOut = checkUnknown(file, new Set(found.map(({ tensor }) => tensor.name)), hasVision, refuse)
  return {
    root,
    format: "sbs",
    model,
    config: ids,
    get texts() {
      return tokenizerFiles(vocabulary, { bosId: model.config.bosId, usualTemplate: model.architecture.template })
    },
    tensors: found.map((one) => tensorAt(source, one)),
    leftOut,
    warnings: costs(found),
    close: async () => {},
  }
}

async function readConfig({ files, name, root }: SbsSource, blobs: ReadonlyMap<string, Blob>, refuse: Refuse) {
  const blob = blobs.get(configBlob)
  if (blob !== undefined) {
    const fields = new FieldReader(await files.readRange(name, blob.offset, blob.length), refuse)
    return readSbsConfig(fields, root, refuse)
  }
  if (await files.exists(configFile)) {
    const config: JsonObject = await readJsonObject(files, configFile)
    return { config, hasVision: false }
  }
  throw refuse(
    "it was written before May 2025 and does not say the shape of its model",
    `Put the model's ${configFile} from Hugging Face beside it, or give it one with gemma.cpp's migrate_weights.`,
  )
}

async function readVocabulary({ files, name, root }: SbsSource, blobs: ReadonlyMap<string, Blob>): Promise<Vocabulary> {
  const refuse =
    (file: string): Refuse =>
    (problem, remedy = "Download it again.") =>
      new ModelFileError({ file, problem, remedy })
  const blob = blobs.get(tokenizerBlob)
  if (blob !== undefined) {
    return readSentencePiece(
      await files.readRange(name, blob.offset, blob.length),
      `the blob ${tokenizerBlob}`,
      refuse(root),
    )
  }
  for (const other of vocabularyFiles) {
    if (!(await files.exists(other))) continue
    const bytes = await files.readRange(other, 0, await files.size(other))
    return readSentencePiece(bytes, other, refuse(`${files.root}/${other}`))
  }
  throw refuse(root)("it has no tokenizer", `Put ${vocabularyFiles[0]} from where it was published beside it.`)
}

/** A tensor of the table, and where the file has it. */
interface Found {
  readonly spec: TensorSpec
  readonly tensor: SbsTensor
  readonly place: SbsPlace
}

function find(spec: TensorSpec, { config }: Model, { tensors }: SbsFile, refuse: Refuse): Found {
  const places = sbsPlaces(spec, config)
  const place = places.find(({ name }) => tensors.has(name))
  const tensor = place && tensors.get(place.name)
  if (place === undefined || tensor === undefined) {
    throw refuse(`the tensor ${places.map(({ name }) => name).join(" or ")} is missing`)
  }
  const { columns, rows } = place
  const { encoding, name, shape } = tensor
  // A norm is written as one row, or as one column.
  const fits = isMatrix(spec) ? shape?.[0] === rows && shape[1] === columns : shape && shape[0] * shape[1] === columns
  if (shape !== undefined && fits !== true) {
    throw refuse(
      `the tensor ${name} is [${shape.join(", ")}]; its config asks for [${rows}, ${columns}]`,
      "Its parts do not belong together: download the file again.",
    )
  }
  checkLength(name, encoding, rows * columns, tensor, refuse)
  return { spec, tensor, place }
}

const tensorAt = (source: SbsSource, { place, spec, tensor }: Found): CheckpointTensor => ({
  spec,
  encoding: tensor.encoding,
  read: async (first, count) => {
    const values = new Float32Array(count * spec.columns)
    for (const run of place.runs(first, count)) {
      const part = await readRows(source, tensor, place, run.row, run.count)
      for (let row = 0; row < run.count; row++) {
        const from = row * place.columns
        values.set(part.subarray(from, from + place.columns), (run.toRow + row) * spec.columns + run.toColumn)
      }
    }
    return values
  },
})

async function readRows(
  { files, name }: SbsSource,
  { encoding, offset, scale }: SbsTensor,
  { columns, rows }: SbsPlace,
  row: number,
  count: number,
): Promise<Float32Array> {
  const first = row * columns
  const [at, length] = sbsRange(encoding, first, count * columns, rows * columns)
  const values = decodeSbs(await files.readRange(name, offset + at, length), encoding, first, count * columns)
  if (scale !== 1) for (let i = 0; i < values.length; i++) values[i]! *= scale
  return values
}

/** Whatever would be lost is told instead. */
function checkUnknown(
  { tensors }: SbsFile,
  known: ReadonlySet<string>,
  hasVision: boolean,
  refuse: Refuse,
): ReadonlyArray<string> {
  const others = [...tensors.keys()].filter((name) => !known.has(name))
  const strange = others.find((name) => !sbsVision.some((start) => name.startsWith(start)))
  if (strange !== undefined) throw refuse(`the tensor ${strange} is none that this model's architecture has`)
  return others.length > 0 || hasVision ? ["the vision tower"] : []
}

const plain: ReadonlySet<string> = new Set(["F32", "BF16"])

/** What reading in another encoding than ours means. */
function costs(found: ReadonlyArray<Found>): ReadonlyArray<string> {
  const matrices = found.filter(({ spec }) => isMatrix(spec))
  const packed = [...new Set(matrices.map(({ tensor }) => tensor.encoding))].filter((encoding) => !plain.has(encoding))
  return packed.map((encoding) => {
    const count = matrices.filter(({ tensor }) => tensor.encoding === encoding).length
    return (
      `${count === 1 ? "1 matrix is" : `${count} matrices are`} in ${encoding}, which Facet unpacks and packs anew: ` +
      `what 4 or 8 bits then leave out comes on top of what ${encoding} had left out.`
    )
  })
}
