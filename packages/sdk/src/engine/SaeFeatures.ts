/**
 * The directions of single features: their columns of the encoder and rows of the decoder, read out of a file that may be
 * far larger than what is read.
 */
import { filePath, type ModelFiles } from "../files/ModelFiles.ts"
import { isInPlace, readArray, readRun } from "../files/PlacedArray.ts"
import type { ModelConfig } from "../graph/ModelConfig.ts"
import type { SaeEntry } from "../scope/SaePath.ts"
import type { SaeArrayName, SaeFile } from "../scope/SaeFile.ts"
import { asJumpRelu, featureArrays, type FeatureArrayName, whyNotReadable } from "../scope/SaeFormula.ts"
import { invalidRequest } from "../words/Errors.ts"
import { type Site, siteKey } from "../words/Site.ts"
import { areFinite } from "./areFinite.ts"
import { damagedSae, locateSae } from "./locateSae.ts"

/** What a feature reads, and what it writes. */
export interface FeatureDirection {
  readonly encoder: Float32Array
  readonly bias: number
  /** At least 0, as what passes is never negative. */
  readonly threshold: number
  readonly decoder: Float32Array
}

/** All features of an autoencoder, as matrices. */
export interface WholeSae extends Readonly<
  Record<"encoder" | "bias" | "threshold" | "decoder" | "base", Float32Array>
> {
  readonly width: number
}

/** Columns lie all over an array: one of up to so many bytes is read through for one, and of a larger one single numbers. */
const mostReadThrough = 256 * 1024 * 1024

/** Numbers that are read at once. */
const strip = 4 * 1024 * 1024

/** Rows and columns that are kept for the next request, which is likely to ask for the same. */
const mostKept = 256

export class SaeFeatures {
  /** Where it writes: what is added along a feature is added here. */
  readonly site: Site
  /** Tells autoencoders apart. */
  readonly path: string
  readonly #files: ModelFiles
  readonly #file: string
  readonly #sae: SaeFile
  readonly #isTranscoder: boolean
  readonly #mostReadThrough: number
  /** Arrays that are not in place are read once, as a whole. */
  readonly #arrays = new Map<SaeArrayName, Promise<Float32Array>>()
  readonly #kept = new Map<string, Promise<Float32Array>>()

  private constructor(files: ModelFiles, entry: SaeEntry, sae: SaeFile, most: number) {
    this.site = { layer: entry.layer, site: entry.writes ?? entry.site }
    this.#isTranscoder = entry.writes !== undefined
    this.path = filePath(files, entry.file)
    this.#files = files
    this.#file = entry.file
    this.#sae = sae
    this.#mostReadThrough = most
  }

  /**
   * Rejects with a `ScopeFileError`.
   *
   * @param most bytes of an array that is read through for one of its columns.
   */
  static async open(
    files: ModelFiles,
    entry: SaeEntry,
    config: ModelConfig,
    most = mostReadThrough,
  ): Promise<SaeFeatures> {
    return new SaeFeatures(files, entry, await locateSae(files, entry, config), most)
  }

  /** @throws InvalidRequestError unless there is such a feature. */
  checkIndex(option: string, index: number): void {
    if (index < this.#sae.width) return
    throw invalidRequest(
      option,
      `the autoencoder at ${siteKey(this.site)} has no feature ${index}`,
      `Use a whole number from 0 to ${this.#sae.width - 1}.`,
    )
  }

  /**
   * @throws InvalidRequestError where features cannot be read in the middle of a model, so that none can be set.
   * @param option that asks for it.
   */
  checkReadable(option: string): void {
    const why = this.#isTranscoder
      ? "it is a transcoder, which reads in one place and writes in another"
      : this.#sae.formula.isAffine
        ? "it has a matrix of its own beside its features"
        : whyNotReadable(this.#sae.formula)
    if (why === undefined) return
    throw invalidRequest(
      option,
      `features of the autoencoder at ${siteKey(this.site)} cannot be set: ${why}`,
      "Steer by the feature instead, or take a JumpReLU, standard or gated autoencoder.",
    )
  }

  /** The row of a feature in the decoder: `[width of the site]`. */
  decoderRow(index: number): Promise<Float32Array> {
    const { dOut } = this.#sae
    return this.#keep(`row ${index}`, () => this.#run("W_dec", { first: index * dOut, count: dOut }))
  }

  /** Of a feature that {@link checkReadable} has let pass. */
  async direction(index: number): Promise<FeatureDirection> {
    const { formula } = this.#sae
    const own: Partial<Record<FeatureArrayName, Float32Array>> = {}
    for (const name of featureArrays[formula.activation]) {
      own[name] = await this.#keep(`${name} ${index}`, () => this.#run(name, { first: index, count: 1 }))
    }
    const { bias, scale, threshold } = asJumpRelu(formula, own)
    const column = await this.#keep(`column ${index}`, () => this.#column(index))
    const factor = scale?.[0]
    const encoder = factor === undefined ? column : column.map((value) => value * factor)
    const taken = formula.subtractsDecoderBias ? dot(await this.#array("b_dec"), encoder) : 0
    return {
      encoder,
      bias: (bias[0] ?? 0) - taken,
      threshold: threshold[0] ?? 0,
      decoder: await this.decoderRow(index),
    }
  }

  /** Everything. It is not kept: at 16,384 features of 2,304 numbers it is 302 MB. */
  async whole(): Promise<WholeSae> {
    const { dModel, formula, width } = this.#sae
    const own: Partial<Record<FeatureArrayName, Float32Array>> = {}
    for (const name of featureArrays[formula.activation]) own[name] = await this.#whole(name)
    const { bias, scale, threshold } = asJumpRelu(formula, own)
    const encoder = await this.#whole("W_enc")
    const base = await this.#whole("b_dec")
    for (let row = 0; scale !== undefined && row < dModel; row++) {
      for (let i = 0; i < width; i++) encoder[row * width + i]! *= scale[i]!
    }
    if (formula.subtractsDecoderBias) subtractProduct(bias, base, encoder)
    return { width, encoder, bias, threshold, decoder: await this.#whole("W_dec"), base }
  }

  async #whole(name: SaeArrayName): Promise<Float32Array> {
    return this.#checked(await readArray(this.#files, this.#file, this.#located(name)))
  }

  #located(name: SaeArrayName) {
    const array = this.#sae.arrays[name]
    if (array === undefined) throw new Error(`the autoencoder was located without ${name}`)
    return array
  }

  async #column(index: number): Promise<Float32Array> {
    const { arrays, dModel, width } = this.#sae
    // As many rows at once as make a strip; of what is not read through, one number of each row.
    const isThrough = !isInPlace(arrays.W_enc) || arrays.W_enc.length <= this.#mostReadThrough
    const rows = isThrough ? Math.max(1, Math.floor(strip / width)) : 1
    const column = new Float32Array(dModel)
    for (let row = 0; row < dModel; row += rows) {
      const count = Math.min(rows, dModel - row)
      const first = row * width + (isThrough ? 0 : index)
      const values = await this.#run("W_enc", { first, count: isThrough ? count * width : 1 })
      for (let i = 0; i < count; i++) column[row + i] = values[isThrough ? i * width + index : 0]!
    }
    return column
  }

  async #run(name: SaeArrayName, run: { readonly first: number; readonly count: number }): Promise<Float32Array> {
    const array = this.#located(name)
    if (isInPlace(array)) return this.#checked(await readRun(this.#files, this.#file, array, run))
    return (await this.#array(name)).slice(run.first, run.first + run.count)
  }

  #array(name: SaeArrayName): Promise<Float32Array> {
    const known = this.#arrays.get(name)
    if (known !== undefined) return known
    const read = this.#whole(name)
    this.#arrays.set(name, read)
    read.catch(() => this.#arrays.delete(name))
    return read
  }

  /** The least recently read go first. */
  #keep(key: string, read: () => Promise<Float32Array>): Promise<Float32Array> {
    const value = this.#kept.get(key) ?? read()
    this.#kept.delete(key)
    this.#kept.set(key, value)
    value.catch(() => this.#kept.delete(key))
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > mostKept && oldest !== undefined) this.#kept.delete(oldest)
    return value
  }

  #checked(values: Float32Array): Float32Array {
    if (areFinite(values)) return values
    throw damagedSae(this.path, "its parameters are not all numbers")
  }
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

/** Takes `vector @ matrix` off `from`; the matrix has a column for each of its numbers. */
function subtractProduct(from: Float32Array, vector: Float32Array, matrix: Float32Array): void {
  const taken = new Float64Array(from.length)
  for (let row = 0; row < vector.length; row++) {
    const value = vector[row]!
    for (let i = 0; i < taken.length; i++) taken[i]! += value * matrix[row * taken.length + i]!
  }
  for (let i = 0; i < taken.length; i++) from[i]! -= taken[i]!
}
