/** A sparse autoencoder that is ready to encode. */
import { Tensor } from "onnxruntime-common"
import { notFinite } from "../words/Errors.ts"
import { buildEncoder, names, type SaeValues } from "../graph/SaeEncoder.ts"
import { isInPlace, readNpzArray } from "../files/readNpz.ts"
import { filePath, type ModelFiles } from "../files/ModelFiles.ts"
import type { ModelConfig } from "../graph/ModelConfig.ts"
import type { Runtime, Session } from "../runtime/Runtime.ts"
import type { SaeEntry } from "../scope/Catalogue.ts"
import { type Labels, readLabels } from "../scope/Labels.ts"
import type { SaeFile } from "../scope/SaeFile.ts"
import { siteKey } from "../words/Site.ts"
import { areFinite } from "./areFinite.ts"
import { damagedSae, locateSae } from "./locateSae.ts"
import type { Feature } from "../words/Trace.ts"

const encoderArrays = ["W_enc", "b_enc", "threshold"] as const

async function readValues(files: ModelFiles, file: string, { arrays }: SaeFile): Promise<SaeValues> {
  const read = (name: (typeof encoderArrays)[number]) => readNpzArray(files, file, arrays[name])
  return { W_enc: await read("W_enc"), b_enc: await read("b_enc"), threshold: await read("threshold") }
}

export class OpenSae {
  readonly entry: SaeEntry
  readonly #file: string
  readonly #session: Session
  readonly #labels: Labels
  readonly #inputWidth: number
  readonly #width: number

  private constructor(file: string, entry: SaeEntry, session: Session, labels: Labels, { dModel, width }: SaeFile) {
    this.#file = file
    this.entry = entry
    this.#session = session
    this.#labels = labels
    this.#inputWidth = dModel
    this.#width = width
  }

  static async open(runtime: Runtime, files: ModelFiles, entry: SaeEntry, config: ModelConfig): Promise<OpenSae> {
    const sae = await locateSae(files, entry, config)
    // A NaN among the weights shows in what they make; a threshold that is none lets its feature always pass.
    if (!areFinite(await readNpzArray(files, entry.file, sae.arrays.threshold))) {
      throw damagedSae(filePath(files, entry.file), "its thresholds are not all numbers")
    }
    const labels = await readLabels(files, entry.file)
    const placed = await runtime.placeFile(files, entry.file)
    const isReadable = encoderArrays.every((name) => sae.arrays[name].dtype === "F32" && isInPlace(sae.arrays[name]))
    const from = isReadable ? placed.tensors : await readValues(files, entry.file, sae)
    const session = await placed.open(buildEncoder(sae, from))
    return new OpenSae(filePath(files, entry.file), entry, session, labels, sae)
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
    const features = (await this.#session.run(feeds, [names.features]))[names.features]?.data
    if (!(features instanceof Float32Array)) throw new Error("the autoencoder's graph gave no features")
    return Array.from({ length: tokens }, (_, i) =>
      this.#strongest(features.subarray(i * this.#width, (i + 1) * this.#width), topK),
    )
  }

  release(): Promise<void> {
    return this.#session.release()
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
