/** A sparse autoencoder that is ready to encode. */
import { Tensor } from "onnxruntime-common"
import { notFinite } from "../words/Errors.ts"
import { buildEncoder, type Encoder, names, type Parameter } from "../graph/SaeEncoder.ts"
import { isAsRead, type PlacedArray, readArray } from "../files/PlacedArray.ts"
import { filePath, type ModelFiles } from "../files/ModelFiles.ts"
import type { ModelConfig } from "../graph/ModelConfig.ts"
import type { Runtime, Session } from "../runtime/Runtime.ts"
import type { SaeEntry } from "../scope/SaePath.ts"
import { type Labels, readLabels } from "../scope/Labels.ts"
import type { SaeFile } from "../scope/SaeFile.ts"
import { asJumpRelu, featureArrays, type FeatureArrayName } from "../scope/SaeFormula.ts"
import { siteKey } from "../words/Site.ts"
import { areFinite } from "./areFinite.ts"
import { decoderNorms } from "./decoderNorms.ts"
import { damagedSae, locateSae } from "./locateSae.ts"
import type { Resident, Residents } from "./Residents.ts"
import type { Feature } from "../words/Trace.ts"

/**
 * The encoder of an autoencoder. What is in its file as the graph wants it stays there.
 *
 * @param place the file as the runtime finds it.
 */
async function encoderOf(files: ModelFiles, file: string, sae: SaeFile, place: string): Promise<Encoder> {
  const { arrays, dModel, formula, width } = sae
  const { activation, isInDecoderNorms, k, normalisation, subtractsDecoderBias } = formula
  const read = (array: PlacedArray) => readArray(files, file, array)
  const parameter = async (array: PlacedArray): Promise<Parameter> =>
    isAsRead(array) ? { ...array, file: place } : read(array)
  const own: Partial<Record<FeatureArrayName, Float32Array>> = {}
  for (const name of featureArrays[activation]) own[name] = await read(arrayOf(sae, name))
  const jump = asJumpRelu(formula, own)
  // A NaN among the weights shows in what they make; a threshold that is none lets its feature always pass.
  if (!areFinite(jump.threshold)) throw damagedSae(filePath(files, file), "its thresholds are not all numbers")
  const scale = isInDecoderNorms ? await decoderNorms(files, file, sae) : jump.scale
  return {
    dModel,
    width,
    normalisation,
    shift: subtractsDecoderBias ? await read(arrays.b_dec) : undefined,
    W_enc: await parameter(arrays.W_enc),
    scale,
    bias: isInDecoderNorms ? jump.bias.map((value, i) => value * scale![i]!) : jump.bias,
    threshold: activation === "jumprelu" || activation === "gated" ? jump.threshold : undefined,
    topK: k,
  }
}

const arrayOf = ({ arrays }: SaeFile, name: FeatureArrayName): PlacedArray => {
  const array = arrays[name]
  if (array === undefined) throw new Error(`the autoencoder was located without ${name}`)
  return array
}

/** An autoencoder. Its weights are in memory while it is used, and until others need the room. */
export class OpenSae implements Resident {
  readonly entry: SaeEntry
  readonly bytes: number
  readonly #file: string
  readonly #open: () => Promise<Session>
  readonly #residents: Residents
  readonly #labels: Labels
  readonly #inputWidth: number
  readonly #width: number
  #session: Promise<Session> | undefined
  #running = 0

  private constructor(
    file: string,
    entry: SaeEntry,
    { dModel, width }: SaeFile,
    labels: Labels,
    residents: Residents,
    open: () => Promise<Session>,
  ) {
    this.#file = file
    this.entry = entry
    this.bytes = Float32Array.BYTES_PER_ELEMENT * (dModel + 2) * width
    this.#labels = labels
    this.#inputWidth = dModel
    this.#width = width
    this.#residents = residents
    this.#open = open
  }

  /** Rejects with a `ScopeFileError`, also for an autoencoder that does not fit the model. */
  static async open(
    runtime: Runtime,
    files: ModelFiles,
    entry: SaeEntry,
    config: ModelConfig,
    residents: Residents,
  ): Promise<OpenSae> {
    const sae = await locateSae(files, entry, config)
    const labels = await readLabels(files, entry, sae.width)
    const placed = await runtime.placeFile(files, entry.file)
    const open = async () => placed.open(buildEncoder(await encoderOf(files, entry.file, sae, placed.tensors)))
    const opened = new OpenSae(filePath(files, entry.file), entry, sae, labels, residents, open)
    // What is wrong with its weights is said now, and not with the first token.
    await opened.#use(() => Promise.resolve())
    return opened
  }

  get isBusy(): boolean {
    return this.#running > 0
  }

  /**
   * The strongest features of each token.
   *
   * @param activations the site's tensor, `[tokens, width]`.
   * @param topK features a token at most.
   */
  async topFeatures(activations: Float32Array, topK: number): Promise<Array<Array<Feature>>> {
    const tokens = activations.length / this.#inputWidth
    if (tokens === 0) return []
    if (!areFinite(activations)) {
      throw notFinite("Encoding features", `the model's ${siteKey(this.entry)} is not finite`)
    }
    const feeds = { [names.activations]: new Tensor("float32", activations, [tokens, this.#inputWidth]) }
    const outputs = await this.#use((session) => session.run(feeds, [names.features]))
    const features = outputs[names.features]?.data
    if (!(features instanceof Float32Array)) throw new Error("the autoencoder's graph gave no features")
    return Array.from({ length: tokens }, (_, i) =>
      this.#strongest(features.subarray(i * this.#width, (i + 1) * this.#width), topK),
    )
  }

  /** Frees its weights; the next use reads them anew. */
  async leave(): Promise<void> {
    const session = this.#session
    this.#session = undefined
    await (await session)?.release()
  }

  async #use<A>(work: (session: Session) => Promise<A>): Promise<A> {
    this.#running++
    try {
      await this.#residents.enter(this)
      const opening = (this.#session ??= this.#open())
      opening.catch(() => (this.#session = undefined))
      return await work(await opening)
    } finally {
      this.#running--
    }
  }

  /** Insertion into a short list: most features are silent, and those that are not are compared with the weakest kept. */
  #strongest(row: Float32Array, topK: number): Array<Feature> {
    const indices: Array<number> = []
    for (let index = 0; index < row.length; index++) {
      const activation = row[index]!
      if (activation === 0 || topK === 0) continue
      if (!(activation < Infinity)) {
        throw damagedSae(this.#file, `its feature ${index} is ${activation}, from activations that are all numbers`)
      }
      if (indices.length === topK) {
        if (activation <= row[indices[topK - 1]!]!) continue
        indices.pop()
      }
      let at = indices.length
      while (at > 0 && row[indices[at - 1]!]! < activation) at--
      indices.splice(at, 0, index)
    }
    return indices.map((index) => {
      const label = this.#labels.get(index)
      const activation = row[index]!
      return label === undefined ? { index, activation } : { index, activation, label }
    })
  }
}
