/**
 * A Gemma 2's shape, read from the `config.json` and `generation_config.json` of its folder.
 */
import { ModelFileError, UnsupportedModelError } from "../Errors.ts"
import { filePath, isJsonObject, type JsonObject, type ModelFiles, readJsonObject } from "../hub/ModelFiles.ts"

/** How the matrices of a folder are quantised: blocks of `blockSize` weights along the input, one scale a block. */
export interface Quantization {
  readonly bits: 4 | 8
  readonly blockSize: number
}

/** Everything about a Gemma 2 that its weights do not say themselves. */
export interface GemmaConfig {
  readonly vocabSize: number
  /** Width of the residual stream. */
  readonly hiddenSize: number
  readonly layers: number
  /** Width of the MLP's inner layer. */
  readonly intermediateSize: number
  /** Query heads. */
  readonly heads: number
  /** Key and value heads; divides `heads`. */
  readonly kvHeads: number
  /** Width of one head; even, since rotary embedding turns halves. */
  readonly headDim: number
  /** Attention scores are scaled by this to the power of -1/2. */
  readonly queryPreAttnScalar: number
  /** Keys that a sliding layer sees, the position itself included. */
  readonly slidingWindow: number
  /** `cap * tanh(score / cap)` on attention scores, before the mask; `null`: none. */
  readonly attnLogitSoftcap: number | null
  /** The same on the logits. */
  readonly finalLogitSoftcap: number | null
  readonly ropeTheta: number
  readonly rmsNormEps: number
  /** The most tokens in one sequence. */
  readonly contextLength: number
  /** Per layer: does it slide? */
  readonly slidingLayers: ReadonlyArray<boolean>
  readonly bosId: number
  /** The tokens that end a generation, ascending. */
  readonly eosIds: ReadonlyArray<number>
  /** `null`: the weights are plain f32, f16 or bf16. */
  readonly quantization: Quantization | null
  /** The longest text, in tokens, that a guard judges well; `null`: whatever fits into its context. */
  readonly guardWindow: number | null
}

const CONFIG = "config.json"
const GENERATION_CONFIG = "generation_config.json"

/** `<end_of_turn>`: the configs of gemma-2-9b-it and 27b-it name only `<eos>`, but their turns end with this. */
const END_OF_TURN = 107

/**
 * Reads and checks a folder's configuration.
 *
 * Rejects with a `ModelFileError` that names the field when one is missing or makes no sense, and with an
 * `UnsupportedModelError` when the folder holds another architecture.
 */
export async function readConfig(files: ModelFiles): Promise<GemmaConfig> {
  const json = await readJsonObject(files, CONFIG)
  checkArchitecture(files, json)
  const fields = new Fields(filePath(files, CONFIG), json)

  fields.mustBe("hidden_activation", "gelu_pytorch_tanh")
  fields.mustBe("attention_bias", false)
  fields.mustBe("tie_word_embeddings", true)
  fields.mustBe("rope_scaling", null)

  const vocabSize = fields.count("vocab_size")
  const layers = fields.count("num_hidden_layers")
  const heads = fields.count("num_attention_heads")
  const kvHeads = fields.count("num_key_value_heads")
  if (heads % kvHeads !== 0) {
    throw fields.refuse("num_key_value_heads", `is ${kvHeads}, which does not divide num_attention_heads, ${heads}`)
  }
  const headDim = fields.count("head_dim")
  if (headDim % 2 !== 0) throw fields.refuse("head_dim", `is ${headDim}, and rotary embedding needs an even number`)
  const bosId = fields.tokenId("bos_token_id", vocabSize)

  return {
    vocabSize,
    hiddenSize: fields.count("hidden_size"),
    layers,
    intermediateSize: fields.count("intermediate_size"),
    heads,
    kvHeads,
    headDim,
    queryPreAttnScalar: fields.positive("query_pre_attn_scalar"),
    slidingWindow: fields.count("sliding_window"),
    attnLogitSoftcap: fields.positiveOrNull("attn_logit_softcapping"),
    finalLogitSoftcap: fields.positiveOrNull("final_logit_softcapping"),
    ropeTheta: readRopeTheta(fields),
    rmsNormEps: fields.positive("rms_norm_eps"),
    contextLength: fields.count("max_position_embeddings"),
    slidingLayers: readSlidingLayers(fields, layers),
    bosId,
    eosIds: await readEosIds(files, fields, vocabSize),
    quantization: readQuantization(fields),
    guardWindow: readGuardWindow(fields),
  }
}

function checkArchitecture(files: ModelFiles, json: JsonObject): void {
  const { architectures, model_type: modelType } = json
  const architecture =
    Array.isArray(architectures) && typeof architectures[0] === "string"
      ? architectures[0]
      : typeof modelType === "string"
        ? modelType
        : undefined
  if (architecture === undefined) {
    throw new ModelFileError({
      file: filePath(files, CONFIG),
      problem: 'the field "architectures" is missing',
      remedy:
        'A Gemma 2 has "architectures": ["Gemma2ForCausalLM"]; take config.json from where the model was published.',
    })
  }
  if (architecture !== "Gemma2ForCausalLM" && architecture !== "gemma2") {
    throw new UnsupportedModelError({ model: files.root, architecture })
  }
}

/** Typed access to a JSON object's fields; every failure names the field and what it holds. */
class Fields {
  readonly #file: string
  readonly #json: JsonObject

  constructor(file: string, json: JsonObject) {
    this.#file = file
    this.#json = json
  }

  get(name: string): unknown {
    return this.#json[name]
  }

  refuse(name: string, problem: string): ModelFileError {
    return new ModelFileError({
      file: this.#file,
      problem: `the field "${name}" ${problem}`,
      remedy: "Take the file from where the model was published, unchanged.",
    })
  }

  refuseValue(name: string, wanted: string): ModelFileError {
    const value = this.get(name)
    if (value === undefined) return this.refuse(name, `is missing; it must be ${wanted}`)
    return this.refuse(name, `is ${JSON.stringify(value)}, not ${wanted}`)
  }

  positive(name: string): number {
    const value = this.get(name)
    // JSON can hold 1e999, which parses to Infinity.
    if (typeof value === "number" && Number.isFinite(value) && value > 0) return value
    throw this.refuseValue(name, "a finite number above zero")
  }

  positiveOrNull(name: string): number | null {
    if (this.get(name) === null) return null
    return this.positive(name)
  }

  count(name: string): number {
    const value = this.get(name)
    if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return value
    throw this.refuseValue(name, "a whole number above zero")
  }

  tokenId(name: string, vocabSize: number): number {
    const value = this.get(name)
    if (isTokenId(value, vocabSize)) return value
    throw this.refuseValue(name, `a token id below vocab_size, ${vocabSize}`)
  }

  /** Token ids written as one number or as a list; `[]` where the field is missing. */
  tokenIds(name: string, vocabSize: number): ReadonlyArray<number> {
    const value = this.get(name) ?? []
    const ids: ReadonlyArray<unknown> = Array.isArray(value) ? value : [value]
    if (ids.every((id) => isTokenId(id, vocabSize))) return ids
    throw this.refuseValue(name, `a token id, or a list of them, below vocab_size, ${vocabSize}`)
  }

  /** A part of the architecture that is fixed in every Gemma 2; files that leave it out mean this value. */
  mustBe(name: string, wanted: string | boolean | null): void {
    const value = this.get(name)
    if (value === undefined || value === null || value === wanted) return
    throw this.refuseValue(name, `${JSON.stringify(wanted)}, as in every Gemma 2`)
  }
}

const isTokenId = (value: unknown, vocabSize: number): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value < vocabSize

/**
 * The base of the rotary embedding. transformers 4 writes `rope_theta`; transformers 5 writes
 * `rope_parameters: { rope_theta }`, or one such object per kind of layer.
 */
function readRopeTheta(fields: Fields): number {
  const parameters = fields.get("rope_parameters")
  if (parameters === undefined || parameters === null) return fields.positive("rope_theta")
  if (!isJsonObject(parameters)) throw fields.refuseValue("rope_parameters", "an object")
  const sets = "rope_theta" in parameters ? [parameters] : Object.values(parameters).filter(isJsonObject)
  const thetas = new Set<number>()
  for (const set of sets) {
    const { rope_theta: theta, rope_type: kind } = set
    if (typeof theta !== "number" || !Number.isFinite(theta) || theta <= 0) {
      throw fields.refuseValue("rope_parameters", "an object whose rope_theta is a finite number above zero")
    }
    if (kind !== undefined && kind !== "default") {
      throw fields.refuse("rope_parameters", `asks for the rope type ${JSON.stringify(kind)}; Gemma 2 has "default"`)
    }
    thetas.add(theta)
  }
  const [theta, ...others] = thetas
  if (theta === undefined) throw fields.refuse("rope_parameters", "holds no rope_theta")
  if (others.length > 0) {
    throw fields.refuse("rope_parameters", "has different rope_theta for different layers; Gemma 2 has one for all")
  }
  return theta
}

/** Gemma 2's even layers slide (counted from 0), unless `layer_types` says otherwise. */
function readSlidingLayers(fields: Fields, layers: number): ReadonlyArray<boolean> {
  const types = fields.get("layer_types")
  if (types === undefined || types === null) return Array.from({ length: layers }, (_, layer) => layer % 2 === 0)
  if (!Array.isArray(types) || types.length !== layers) {
    throw fields.refuse("layer_types", `is not a list of ${layers} entries, one for each layer`)
  }
  return types.map((type: unknown, layer) => {
    if (type === "sliding_attention") return true
    if (type === "full_attention") return false
    throw fields.refuse(
      "layer_types",
      `has ${JSON.stringify(type)} for layer ${layer}, neither "sliding_attention" nor "full_attention"`,
    )
  })
}

/** End tokens of `generation_config.json` where it names some, else of `config.json`; `<end_of_turn>` always. */
async function readEosIds(files: ModelFiles, config: Fields, vocabSize: number): Promise<ReadonlyArray<number>> {
  const generation = (await files.exists(GENERATION_CONFIG))
    ? new Fields(filePath(files, GENERATION_CONFIG), await readJsonObject(files, GENERATION_CONFIG))
    : undefined
  const named = generation?.tokenIds("eos_token_id", vocabSize) ?? []
  const ids = named.length > 0 ? named : config.tokenIds("eos_token_id", vocabSize)
  return [...new Set([...ids, END_OF_TURN])].sort((a, b) => a - b)
}

/** Facet's own key in `config.json`: `"facet": { "quantization": { "bits": 4, "blockSize": 32 }, "guardWindow": 40 }`. */
function readFacet(fields: Fields): JsonObject {
  const facet = fields.get("facet")
  if (facet === undefined || facet === null) return {}
  if (!isJsonObject(facet)) throw fields.refuseValue("facet", "an object")
  return facet
}

function readGuardWindow(fields: Fields): number | null {
  const window = readFacet(fields)["guardWindow"]
  if (window === undefined || window === null) return null
  if (typeof window === "number" && Number.isInteger(window) && window >= 8) return window
  throw fields.refuse("facet.guardWindow", `is ${JSON.stringify(window)}, no whole number of at least 8`)
}

function readQuantization(fields: Fields): Quantization | null {
  const quantization = readFacet(fields)["quantization"]
  if (quantization === undefined || quantization === null) return null
  if (!isJsonObject(quantization)) throw fields.refuseValue("facet", "an object whose quantization is an object")
  const { bits, blockSize } = quantization
  if (bits !== 4 && bits !== 8) {
    throw fields.refuse("facet.quantization.bits", `is ${JSON.stringify(bits)}, neither 4 nor 8`)
  }
  // The block sizes that ONNX Runtime's MatMulNBits takes.
  if (typeof blockSize !== "number" || ![16, 32, 64, 128, 256].includes(blockSize)) {
    throw fields.refuse(
      "facet.quantization.blockSize",
      `is ${JSON.stringify(blockSize)}, none of 16, 32, 64, 128 and 256`,
    )
  }
  return { bits, blockSize }
}
