import { InvalidRequestError, ModelFileError } from "@facet/sdk/words"
import {
  chatTemplateFile,
  configFile,
  type FloatDtype,
  generationConfigFile,
  isJsonObject,
  type JsonObject,
  type Model,
  type ModelFiles,
  openTensors,
  readJsonObject,
  readModel,
  type TensorLocation,
  type TensorSpec,
  tokenizerConfigFile,
  tokenizerFile,
  toFloat32,
} from "@facet/sdk/folders"
import type { Checkpoint, CheckpointTensor } from "./Checkpoint.ts"
import { readSentencePiece } from "./sentencepiece/readSentencePiece.ts"
import { tokenizerFiles } from "./sentencepiece/tokenizerFiles.ts"

/** Files that go along as they are, where there are such. */
const companions = [
  generationConfigFile,
  tokenizerFile,
  tokenizerConfigFile,
  "special_tokens_map.json",
  chatTemplateFile,
]

/** What `tokenizer.json` is made of where a folder has none. */
const sentencePieceFile = "tokenizer.model"

/**
 * Opens a checkpoint of safetensors wherever its files lie.
 *
 * Rejects as {@link openSafetensorsCheckpoint} does.
 */
export async function readSafetensorsCheckpoint(files: ModelFiles): Promise<Checkpoint> {
  const model = await readModel(files)
  if (model.config.quantization !== null) throw quantisedAlready()
  const { leftOut, specs, tensors, unknown } = await openTensors(files, model)
  checkUnknown(files, unknown)
  return {
    root: files.root,
    format: "safetensors",
    model,
    config: plainConfig(await readJsonObject(files, configFile)),
    texts: await readCompanions(files, model),
    tensors: specs.flatMap((spec): ReadonlyArray<CheckpointTensor> => {
      const weights = tensors.get(`${spec.name}.weight`)
      return weights === undefined ? [] : [tensorAt(files, spec, weights)]
    }),
    leftOut,
    warnings: [],
    close: async () => {},
  }
}

const quantisedAlready = (): InvalidRequestError =>
  new InvalidRequestError({
    option: "source",
    problem: "its weights are quantised already",
    remedy: "Convert the folder of f32, f16 or bf16 weights that it was made from.",
  })

/** Whatever would be lost is told instead. */
function checkUnknown(files: ModelFiles, [name]: ReadonlyArray<string>): void {
  if (name === undefined) return
  throw new ModelFileError({
    file: files.root,
    problem: `the tensor ${name} is none that this model's architecture has`,
    remedy: "Nothing is dropped in silence: take the model as it was published, or remove the tensor from its files.",
  })
}

/** Without what says how the source's own weights are packed. */
function plainConfig({ facet, ...config }: JsonObject): JsonObject {
  if (!isJsonObject(facet)) return config
  const { quantization: _, ...own } = facet
  return Object.keys(own).length === 0 ? config : { ...config, facet: own }
}

async function readCompanions(
  files: ModelFiles,
  { architecture, config }: Model,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const texts = new Map<string, Uint8Array>()
  if (!(await files.exists(tokenizerFile)) && (await files.exists(sentencePieceFile))) {
    const bytes = await files.readRange(sentencePieceFile, 0, await files.size(sentencePieceFile))
    const vocabulary = readSentencePiece(
      bytes,
      sentencePieceFile,
      (problem, remedy = "Download it again.") =>
        new ModelFileError({ file: `${files.root}/${sentencePieceFile}`, problem, remedy }),
    )
    const made = tokenizerFiles(vocabulary, { bosId: config.bosId, usualTemplate: architecture.template })
    for (const [name, text] of made) texts.set(name, text)
  } else {
    // A model without it would open nowhere: its absence is told now, and not when it is used.
    await files.size(tokenizerFile)
  }
  for (const name of companions) {
    if (await files.exists(name)) texts.set(name, await files.readRange(name, 0, await files.size(name)))
  }
  return texts
}

function tensorAt(files: ModelFiles, spec: TensorSpec, weights: TensorLocation): CheckpointTensor {
  const rowBytes = weights.length / spec.rows
  return {
    spec,
    encoding: weights.dtype,
    // `openTensors` lets only float tensors pass.
    read: async (first, count) =>
      toFloat32(
        await files.readRange(weights.file, weights.offset + first * rowBytes, count * rowBytes),
        weights.dtype as FloatDtype,
      ),
  }
}
