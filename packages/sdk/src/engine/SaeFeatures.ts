/**
 * The directions of single features: their columns of the encoder and rows of the decoder, read out of a file that may be
 * far larger than what is read.
 */
import { filePath, type ModelFiles } from "../files/ModelFiles.ts"
import { isInPlace, readNpzArray, readNpzRun } from "../files/readNpz.ts"
import type { ModelConfig } from "../graph/ModelConfig.ts"
import type { SaeEntry } from "../scope/Catalogue.ts"
import type { SaeArrayName, SaeFile } from "../scope/SaeFile.ts"
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
  readonly site: Site
  /** Tells autoencoders apart. */
  readonly path: string
  readonly #files: ModelFiles
  readonly #file: string
  readonly #sae: SaeFile
  readonly #mostReadThrough: number
  /** Arrays that are not in place are read once, as a whole. */
  readonly #arrays = new Map<SaeArrayName, Promise<Float32Array>>()
  readonly #kept = new Map<string, Promise<Float32Array>>()

  private constructor(files: ModelFiles, entry: SaeEntry, sae: SaeFile, most: number) {
    this.site = { layer: entry.layer, site: entry.site }
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

  /** The row of a feature in the decoder: `[width of the site]`. */
  decoderRow(index: number): Promise<Float32Array> {
    const { dModel } = this.#sae
    return this.#keep(`row ${index}`, () => this.#run("W_dec", { first: index * dModel, count: dModel }))
  }

  async direction(index: number): Promise<FeatureDirection> {
    const [bias = 0] = await this.#keep(`bias ${index}`, () => this.#run("b_enc", { first: index, count: 1 }))
    const [threshold = 0] = await this.#keep(`threshold ${index}`, () =>
      this.#run("threshold", { first: index, count: 1 }),
    )
    const encoder = await this.#keep(`column ${index}`, () => this.#column(index))
    return { encoder, bias, threshold: Math.max(0, threshold), decoder: await this.decoderRow(index) }
  }

  /** Everything. It is not kept: at 16,384 features of 2,304 numbers it is 302 MB. */
  async whole(): Promise<WholeSae> {
    const read = async (name: SaeArrayName): Promise<Float32Array> =>
      this.#checked(await readNpzArray(this.#files, this.#file, this.#sae.arrays[name]))
    return {
      width: this.#sae.width,
      encoder: await read("W_enc"),
      bias: await read("b_enc"),
      threshold: (await read("threshold")).map((value) => Math.max(0, value)),
      decoder: await read("W_dec"),
      base: await read("b_dec"),
    }
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
    const array = this.#sae.arrays[name]
    if (isInPlace(array)) return this.#checked(await readNpzRun(this.#files, this.#file, array, run))
    return (await this.#array(name)).slice(run.first, run.first + run.count)
  }

  #array(name: SaeArrayName): Promise<Float32Array> {
    const known = this.#arrays.get(name)
    if (known !== undefined) return known
    const read = readNpzArray(this.#files, this.#file, this.#sae.arrays[name]).then((values) => this.#checked(values))
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
