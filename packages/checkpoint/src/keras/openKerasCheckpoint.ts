import { basename, dirname, resolve } from "node:path"
import { stat } from "node:fs/promises"
import { ModelFileError } from "@facet/sdk/words"
import {
  configFile,
  Fields,
  filesIn,
  type Model,
  type ModelFiles,
  readModel,
  type TensorSpec,
} from "@facet/sdk/folders"
import type { Checkpoint, CheckpointTensor } from "../Checkpoint.ts"
import { memoryFolder } from "../memoryFolder.ts"
import { readSentencePiece } from "../sentencepiece/readSentencePiece.ts"
import { tokenIds } from "../sentencepiece/tokenIds.ts"
import { tokenizerFiles } from "../sentencepiece/tokenizerFiles.ts"
import type { Vocabulary } from "../sentencepiece/Vocabulary.ts"
import type { Hdf5Dataset } from "./Hdf5File.ts"
import { type KerasAxes, kerasPlace, kerasShape } from "./KerasSpelling.ts"
import { type KerasWeights, openKerasWeights, readKerasRows } from "./KerasWeights.ts"
import { readKerasConfig } from "./readKerasConfig.ts"

/** Where keras-hub puts the vocabulary, and where people keep it. */
const vocabularyFiles = ["assets/tokenizer/vocabulary.spm", "vocabulary.spm", "tokenizer.model"]

/**
 * Opens a folder as keras-hub's `save_to_preset()` writes it, and Kaggle has it: `config.json`, `model.weights.h5` in f32, f16
 * or bf16, or `model.weights.json` with the files that it lists, and `assets/tokenizer/vocabulary.spm`.
 *
 * @param path the folder, or a `.weights.h5` in it.
 *
 * Rejects with a `ModelFileError` when a file is missing, truncated or corrupt, when a variable is missing, is of another shape
 * than `config.json` says, or is none that the backbone has; with an `UnsupportedModelError` for another backbone than that of
 * a Gemma 2 or a Gemma 3.
 *
 * @example
 * const checkpoint = await openKerasCheckpoint("./gemma2_instruct_2b_en")
 */
export async function openKerasCheckpoint(path: string): Promise<Checkpoint> {
  const isFolder = await stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  )
  const files = filesIn(resolve(isFolder ? path : dirname(path)))
  const name = isFolder ? undefined : basename(path)
  // Said in our words when it is missing.
  if (name !== undefined) await files.size(name)
  await checkConfig(files)
  const described = readKerasConfig(await Fields.read(files, configFile), `${files.root}/${configFile}`)
  const vocabulary = await readVocabulary(files)
  const config = { ...described.config, ...tokenIds(vocabulary) }
  const model = await readModel(memoryFolder(files.root, new Map([[configFile, JSON.stringify(config)]])))
  checkVocabulary(files, vocabulary, model)
  const weights = await openKerasWeights(files, name)
  try {
    const { architecture, config: shape } = model
    const found = architecture.tensors(shape).map((spec) => find(spec, described.block, weights, shape.headDim))
    return {
      root: files.root,
      format: "keras",
      model,
      config,
      get texts() {
        return tokenizerFiles(vocabulary, { bosId: shape.bosId, usualTemplate: architecture.template })
      },
      tensors: found.map((one) => tensorAt(one, shape.headDim)),
      leftOut: checkUnknown(weights, new Set(found.map(({ path: known }) => known)), described.leftOut),
      warnings: [],
      close: async () => weights.close(),
    }
  } catch (cause) {
    weights.close()
    throw cause
  }
}

async function checkConfig(files: ModelFiles): Promise<void> {
  if (await files.exists(configFile)) return
  throw new ModelFileError({
    file: `${files.root}/${configFile}`,
    problem: "missing, and the weights alone do not say which model they are",
    remedy: "Take the whole folder: config.json and assets/tokenizer/vocabulary.spm lie beside the weights.",
  })
}

async function readVocabulary(files: ModelFiles): Promise<Vocabulary> {
  for (const name of vocabularyFiles) {
    if (!(await files.exists(name))) continue
    const bytes = await files.readRange(name, 0, await files.size(name))
    return readSentencePiece(
      bytes,
      name,
      (problem, remedy = "Download the whole folder again.") =>
        new ModelFileError({ file: `${files.root}/${name}`, problem, remedy }),
    )
  }
  throw new ModelFileError({
    file: `${files.root}/${vocabularyFiles[0]}`,
    problem: "missing: without its vocabulary no text can be given to the model",
    remedy:
      "Take the whole folder, with assets/tokenizer; keras-hub writes it where a tokenizer or a whole task is saved.",
  })
}

function checkVocabulary({ root }: ModelFiles, { pieces }: Vocabulary, { config: { vocabSize } }: Model): void {
  if (pieces.length <= vocabSize) return
  throw new ModelFileError({
    file: root,
    problem: `its vocabulary has ${pieces.length} pieces, and config.json says ${vocabSize}`,
    remedy: "Download the whole folder again: its parts do not belong together.",
  })
}

/** A tensor of the table, and the variable that it is. */
interface Found {
  readonly spec: TensorSpec
  readonly path: string
  readonly axes: KerasAxes
  readonly dataset: Hdf5Dataset
}

function find(spec: TensorSpec, block: string, { file, variables }: KerasWeights, headDim: number): Found {
  const { axes, paths } = kerasPlace(spec.name, block)
  const path = paths.find((one) => variables.has(one)) ?? paths[0] ?? ""
  const dataset = variables.get(path)
  const wanted = kerasShape(spec, axes, headDim)
  if (dataset === undefined) {
    throw new ModelFileError({
      file,
      problem: `the variable ${path} is missing; config.json asks for [${wanted.join(", ")}]`,
      remedy: "Download the whole folder again: config.json and the weights must belong together.",
    })
  }
  const { described, encoding, shape } = dataset
  const fits = shape.length === wanted.length && shape.every((extent, axis) => extent === wanted[axis])
  if (!fits) {
    throw new ModelFileError({
      file: dataset.file,
      problem: `the variable ${path} is [${shape.join(", ")}]; config.json asks for [${wanted.join(", ")}]`,
      remedy: "Download the whole folder again: config.json and the weights must belong together.",
    })
  }
  if (encoding === undefined) {
    throw new ModelFileError({
      file: dataset.file,
      problem: `the variable ${path} is ${described}, and Facet reads float32, float16 and bfloat16`,
      remedy: "Take the weights before they were quantised; Facet quantises them itself.",
    })
  }
  return { spec, path, axes, dataset }
}

const tensorAt = ({ axes, dataset, spec }: Found, headDim: number): CheckpointTensor => ({
  spec,
  encoding: dataset.described,
  read: async (first, count) => readKerasRows(dataset, axes, spec, [first, count], headDim),
})

/** Whatever would be lost is told instead; parts that are no text model are named. */
function checkUnknown(
  { file, variables }: KerasWeights,
  known: ReadonlySet<string>,
  parts: Readonly<Record<string, string>>,
): ReadonlyArray<string> {
  const leftOut = new Set<string>()
  for (const path of variables.keys()) {
    if (known.has(path)) continue
    const part = Object.entries(parts).find(([start]) => path.startsWith(start))?.[1]
    if (part === undefined) {
      throw new ModelFileError({
        file,
        problem: `the variable ${path} is none that this backbone has`,
        remedy: "Nothing is dropped in silence: take the backbone as keras-hub's save_to_preset() writes it.",
      })
    }
    leftOut.add(part)
  }
  return [...leftOut]
}
