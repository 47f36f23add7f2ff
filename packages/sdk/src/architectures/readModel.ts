/** Which model a folder holds, by its `config.json` and `generation_config.json`. */
import { Fields } from "../files/Fields.ts"
import { configFile, generationConfigFile } from "../files/ModelFileNames.ts"
import { filePath, type ModelFiles } from "../files/ModelFiles.ts"
import type { ModelConfig } from "../graph/ModelConfig.ts"
import { show } from "../words/Checks.ts"
import { ModelFileError, UnsupportedModelError } from "../words/Errors.ts"
import { type ShieldSpelling, shieldSpellings } from "../words/ShieldSpelling.ts"
import { blockSizes, type Quantization, quantizationBits } from "../words/Tensors.ts"
import type { Architecture } from "./Architecture.ts"
import { architectures } from "./architectures.ts"

/** A model: what kind it is, and its shape. */
export interface Model {
  readonly architecture: Architecture
  readonly config: ModelConfig
}

/**
 * Reads and checks a folder's configuration.
 *
 * Rejects with a `ModelFileError` that names the field when one is missing or makes no sense, and with an
 * `UnsupportedModelError` when the folder holds an architecture that Facet does not run.
 */
export async function readModel(files: ModelFiles): Promise<Model> {
  if (!(await files.exists(configFile)) && (await files.exists(adapterFile))) throw adapterAlone(files)
  const fields = await Fields.read(files, configFile)
  const architecture = findArchitecture(files, fields)
  checkPacking(fields)
  const own = architecture.section === undefined ? undefined : fields.section(architecture.section)
  const shape = architecture.shape(own ?? fields)
  const ids = (from: Fields | undefined) => from?.tokenIds("eos_token_id", shape.vocabSize) ?? []
  const generation = (await files.exists(generationConfigFile))
    ? await Fields.read(files, generationConfigFile)
    : undefined
  const named = [generation, fields, own].map(ids).find((found) => found.length > 0) ?? [architecture.endOfText]
  const config: ModelConfig = {
    ...shape,
    eosIds: [...new Set(named)].sort((a, b) => a - b),
    isTied: readTied(own) ?? readTied(fields) ?? true,
    quantization: readQuantization(fields),
    guardWindow: readGuardWindow(fields),
    shieldSpelling: readSpelling(fields),
  }
  return { architecture, config }
}

/** What peft saves beside a LoRA's weights. */
const adapterFile = "adapter_config.json"

const adapterAlone = (files: ModelFiles): ModelFileError =>
  new ModelFileError({
    file: filePath(files, adapterFile),
    problem: "the folder holds an adapter (LoRA), and not the model that it changes",
    remedy: "Merge it into its base model with peft's `merge_and_unload()`, and save that.",
  })

/** Weights that others have packed: bitsandbytes, GPTQ, AWQ and their like write one field, MLX another. */
function checkPacking(fields: Fields): void {
  const packing = fields.section("quantization_config")
  const method = packing?.get("quant_method")
  const isMlx = packing === undefined && fields.section("quantization")?.has("group_size") === true
  if (packing === undefined && !isMlx) return
  throw fields.refuse(
    isMlx ? "quantization" : "quantization_config",
    `says that the weights were packed by ${isMlx ? "MLX" : typeof method === "string" ? method : "another library"}, whose form Facet does not read`,
    "Take the model's plain weights (f32, f16 or bf16), and quantise them with @facet/checkpoint.",
  )
}

function findArchitecture(files: ModelFiles, fields: Fields): Architecture {
  const listed: unknown = fields.get("architectures")
  const named: ReadonlyArray<unknown> = [...(Array.isArray(listed) ? listed : []), fields.get("model_type")]
  const names = named.filter((name) => typeof name === "string")
  const [first] = names
  if (first === undefined) {
    const known = architectures.map(({ names: [name], title }) => `a ${title} has ["${name}"]`).join(", ")
    // What keras-hub writes under the same name.
    const isKeras = fields.has("class_name")
    throw fields.refuse("architectures", `is missing: ${known}`, isKeras ? ofKeras : undefined)
  }
  // What the file calls itself counts: a class of another architecture may share the family's `model_type`.
  const found = architectures.find((architecture) => architecture.names.includes(first))
  if (found !== undefined) return found
  const supported = architectures.map(({ names: [name], title }) => `${title} (${name})`).join(", ")
  throw new UnsupportedModelError({ model: files.root, architecture: first, supported })
}

const ofKeras = "It is Keras's file: make a folder that opens of it with `facet convert`."

function readTied(fields: Fields | undefined): boolean | undefined {
  if (fields?.has("tie_word_embeddings") !== true) return undefined
  const value = fields.get("tie_word_embeddings")
  if (typeof value === "boolean") return value
  throw fields.refuseValue("tie_word_embeddings", "true or false")
}

/** Facet's own key in `config.json`: `"facet": { "quantization": { "bits": 4, "blockSize": 32 }, "guardWindow": 40 }`. */
function readGuardWindow(fields: Fields): number | null {
  const facet = fields.section("facet")
  if (facet?.has("guardWindow") !== true) return null
  const window = facet.get("guardWindow")
  if (typeof window === "number" && Number.isInteger(window) && window >= 8) return window
  throw facet.refuse("guardWindow", `is ${JSON.stringify(window)}, no whole number of at least 8`)
}

/** Facet's own key, too: `"facet": { "shieldSpelling": "A" }`. */
function readSpelling(fields: Fields): ShieldSpelling | null {
  const facet = fields.section("facet")
  if (facet?.has("shieldSpelling") !== true) return null
  const given = facet.get("shieldSpelling")
  const spelling = shieldSpellings.find((known) => known === given)
  if (spelling !== undefined) return spelling
  throw facet.refuse("shieldSpelling", `is ${show(given)}, none of ${shieldSpellings.join(", ")}`)
}

function readQuantization(fields: Fields): Quantization | null {
  const quantization = fields.section("facet")?.section("quantization")
  if (quantization === undefined) return null
  const given = quantization.get("bits")
  const bits = quantizationBits.find((known) => known === given)
  if (bits === undefined) throw quantization.refuse("bits", `is ${show(given)}, neither 4 nor 8`)
  const blockSize = quantization.get("blockSize")
  if (typeof blockSize !== "number" || !blockSizes.includes(blockSize)) {
    throw quantization.refuse("blockSize", `is ${JSON.stringify(blockSize)}, none of ${blockSizes.join(", ")}`)
  }
  return { bits, blockSize }
}
