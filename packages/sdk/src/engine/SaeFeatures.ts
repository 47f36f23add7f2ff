/**
 * The directions of single features: their columns of the encoder and rows of the decoder, read out of a file that may be
 * far larger than what is read.
 */
import { filePath, type ModelFiles } from "../files/ModelFiles.ts"
import { isInPlace, readArray, readRun } from "../files/PlacedArray.ts"
import type { ModelConfig } from "../graph/ModelConfig.ts"
import type { ChangeSite } from "../graph/SiteChange.ts"
import type { SaeEntry } from "../scope/SaePath.ts"
import type { SaeArrayName, SaeFile } from "../scope/SaeFile.ts"
import { asJumpRelu, featureArrays, type FeatureArrayName } from "../scope/SaeFormula.ts"
import { invalidRequest } from "../words/Errors.ts"
import { lengthOf } from "../words/Intervention.ts"
import { type Site, siteKey, type SiteName, standsBefore } from "../words/Site.ts"
import { areFinite } from "./areFinite.ts"
import { decoderNorms } from "./decoderNorms.ts"
import { damagedSae, locateSae } from "./locateSae.ts"
import type { Resident, Residents } from "./Residents.ts"

/** What a feature reads, and what it writes. */
export interface FeatureDirection {
  readonly encoder: Float32Array
  readonly bias: number
  /** At least 0, as what passes is never negative. */
  readonly threshold: number
  readonly decoder: Float32Array
}

/** What all features read: `[width of what is read, features]`, and `[features]` each. */
export interface WholeEncoder extends Readonly<Record<"encoder" | "bias" | "threshold", Float32Array>> {
  /** Of a TopK autoencoder, whose activations may count in the length of decoder rows: those lengths. */
  readonly norms?: Float32Array | undefined
}

/** All features of an autoencoder, as matrices. */
export interface WholeSae extends WholeEncoder {
  readonly width: number
  /** `[features, width of what is written]`: what an activation of 1 adds. */
  readonly decoder: Float32Array
  /** `[width of what is written]`. */
  readonly base: Float32Array
}

export interface SaeFeaturesOptions {
  /** Bytes of an array that is read through for one of its columns. */
  readonly mostReadThrough?: number | undefined
  /** What arrays share memory with that are held whole: those of a file that is compressed, or lies column by column. */
  readonly residents?: Residents | undefined
}

interface WholeArray extends Resident {
  readonly values: Promise<Float32Array>
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
  /** Where it writes, and how what its features read is made. */
  readonly change: ChangeSite
  /** The most features that are active at once, where they are chosen among all. */
  readonly k: number | undefined
  readonly #files: ModelFiles
  readonly #file: string
  readonly #sae: SaeFile
  readonly #reads: SiteName
  readonly #mostReadThrough: number
  readonly #residents: Residents | undefined
  /** Arrays that are not in place are read as a whole, and stay until others need the room. */
  readonly #arrays = new Map<SaeArrayName, WholeArray>()
  readonly #kept = new Map<string, Promise<Float32Array>>()

  private constructor(files: ModelFiles, entry: SaeEntry, sae: SaeFile, options: SaeFeaturesOptions) {
    const { activation, k, normalisation } = sae.formula
    this.site = { layer: entry.layer, site: entry.writes ?? entry.site }
    this.change = { ...this.site, reads: entry.site, normalisation, isTopK: activation === "topk" }
    this.k = activation === "topk" ? k : undefined
    this.#reads = entry.site
    this.path = filePath(files, entry.file)
    this.#files = files
    this.#file = entry.file
    this.#sae = sae
    this.#mostReadThrough = options.mostReadThrough ?? mostReadThrough
    this.#residents = options.residents
  }

  /** Rejects with a `ScopeFileError`. */
  static async open(
    files: ModelFiles,
    entry: SaeEntry,
    config: ModelConfig,
    options: SaeFeaturesOptions = {},
  ): Promise<SaeFeatures> {
    return new SaeFeatures(files, entry, await locateSae(files, entry, config), options)
  }

  /** @throws InvalidRequestError unless there is such a feature. */
  checkIndex(option: string, index: number): void {
    if (Number.isInteger(index) && index >= 0 && index < this.#sae.width) return
    throw invalidRequest(
      option,
      `the autoencoder at ${siteKey(this.site)} has no feature ${index}`,
      `Use a whole number from 0 to ${this.#sae.width - 1}.`,
    )
  }

  /**
   * @throws InvalidRequestError where what its features read is made behind what they write, so that none can be set.
   * @param option that asks for it.
   */
  checkReadable(option: string): void {
    if (this.#reads === this.site.site || standsBefore(this.#reads, this.site.site)) return
    throw invalidRequest(
      option,
      `features of the autoencoder at ${siteKey(this.site)} cannot be set: they read ${this.#reads}, which stands behind it`,
      "Steer by the feature instead.",
    )
  }

  /** Width of what it writes. */
  get writtenWidth(): number {
    return this.#sae.dOut
  }

  /** The row of a feature in the decoder: `[width of the site]`. */
  decoderRow(index: number): Promise<Float32Array> {
    const { dOut } = this.#sae
    return this.#keep(`row ${index}`, () => this.#run("W_dec", { first: index * dOut, count: dOut }))
  }

  /** How long what an activation of 1 writes is, where nothing is normalised. */
  async writtenLength(index: number): Promise<number> {
    return this.#sae.formula.isInDecoderNorms ? 1 : lengthOf(await this.decoderRow(index))
  }

  /**
   * How much of a decoder's row an activation of 1 writes.
   *
   * @param read what the autoencoder reads at the token.
   */
  unitAt(read: Float32Array, row: Float32Array): number {
    const { isInDecoderNorms, normalisation } = this.#sae.formula
    const unit = isInDecoderNorms ? 1 / lengthOf(row) : 1
    if (normalisation === "none") return unit
    if (normalisation === "constant_norm_rescale") return (unit * lengthOf(read)) / Math.sqrt(read.length)
    const mean = read.reduce((sum, value) => sum + value, 0) / read.length
    return (unit * lengthOf(read.map((value) => value - mean))) / Math.sqrt(read.length - 1)
  }

  /** Of an autoencoder whose features are not chosen among all. */
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

  /** Of all features. It is not kept: at 16,384 features of 2,304 numbers it is 151 MB. */
  async wholeEncoder(): Promise<WholeEncoder> {
    const { dModel, formula, width } = this.#sae
    const own: Partial<Record<FeatureArrayName, Float32Array>> = {}
    for (const name of featureArrays[formula.activation]) own[name] = await this.#whole(name)
    const jump = asJumpRelu(formula, own)
    const norms = formula.isInDecoderNorms ? await decoderNorms(this.#files, this.#file, this.#sae) : undefined
    const { bias, scale = norms, threshold } = jump
    const encoder = await this.#whole("W_enc")
    for (let row = 0; scale !== undefined && row < dModel; row++) {
      for (let i = 0; i < width; i++) encoder[row * width + i]! *= scale[i]!
    }
    for (let i = 0; norms !== undefined && i < width; i++) bias[i]! *= norms[i]!
    if (formula.subtractsDecoderBias) subtractProduct(bias, await this.#array("b_dec"), encoder)
    return { encoder, bias, threshold, norms }
  }

  /** Everything. It is not kept: at 16,384 features of 2,304 numbers it is 302 MB. */
  async whole(): Promise<WholeSae> {
    const { dOut, width } = this.#sae
    const { norms, ...encoder } = await this.wholeEncoder()
    const decoder = await this.#whole("W_dec")
    for (let i = 0; norms !== undefined && i < decoder.length; i++) decoder[i]! /= norms[Math.floor(i / dOut)]!
    return { width, ...encoder, decoder, base: await this.#whole("b_dec") }
  }

  /** What it adds of what it reads beside its features, `[width of what is read, width of what is written]`, if anything. */
  async skip(): Promise<Float32Array | undefined> {
    const { dModel, dOut, skip } = this.#sae
    if (skip === undefined) return undefined
    const values = this.#checked(await readArray(this.#files, this.#file, skip.array))
    if (!skip.isTransposed) return values
    return Float32Array.from(values, (_, i) => values[(i % dOut) * dModel + Math.floor(i / dOut)]!)
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

  async #array(name: SaeArrayName): Promise<Float32Array> {
    const array = this.#arrays.get(name) ?? this.#opened(name)
    const values = await array.values
    await this.#residents?.enter(array)
    return values
  }

  #opened(name: SaeArrayName): WholeArray {
    const values = this.#whole(name)
    const count = this.#located(name).shape.reduce((product, extent) => product * extent, 1)
    const leave = async () => void this.#arrays.delete(name)
    const array = { values, bytes: Float32Array.BYTES_PER_ELEMENT * count, isBusy: false, leave }
    this.#arrays.set(name, array)
    values.catch(leave)
    return array
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
