/** Where the arrays of a sparse autoencoder lie in its file, and what is computed with them. */
import { filePath, type ModelFiles } from "../files/ModelFiles.ts"
import { openSafetensorsFile } from "../files/openSafetensors.ts"
import { isOfFloats, type PlacedArray } from "../files/PlacedArray.ts"
import { readNpz } from "../files/readNpz.ts"
import { ScopeFileError } from "../words/Errors.ts"
import { inScope } from "./inScope.ts"
import { readSaeConfig, type SaeConfig } from "./SaeConfig.ts"
import { featureArrays, type FeatureArrayName, jumpRelu, type SaeFormula } from "./SaeFormula.ts"
import { folderOf, isSaeLensFile } from "./SaePath.ts"

/** The arrays of an autoencoder, with Gemma Scope's and SAELens' names. */
export type SaeArrayName = "W_enc" | "W_dec" | "b_dec" | FeatureArrayName

/** A located autoencoder. */
export interface SaeFile {
  /** Width of the model's activations that it reads. */
  readonly dModel: number
  /** Width of what it writes: another for a transcoder. */
  readonly dOut: number
  /** Features. */
  readonly width: number
  readonly formula: SaeFormula
  /**
   * What is added of the input beside the features: `[dModel, dOut]`, or transposed. Undefined of most.
   */
  readonly skip: { readonly array: PlacedArray; readonly isTransposed: boolean } | undefined
  /**
   * `W_enc` [dModel, width], `W_dec` [width, dOut], `b_dec` [dOut], and what the formula has of `b_enc`, `threshold`, `b_gate`,
   * `b_mag` and `r_mag` [width]; of floats.
   */
  readonly arrays: Readonly<Record<"W_enc" | "W_dec" | "b_dec", PlacedArray>> &
    Readonly<Partial<Record<FeatureArrayName, PlacedArray>>>
}

/** The matrix beside the features, as each has it; SAELens' is `[dOut, dModel]`, Gemma Scope 2's `[dModel, dOut]`. */
const [skipOfSaeLens, skipOfGemmaScope] = ["W_skip", "affine_skip_connection"]

/** An archive of arrays. */
interface Arrays {
  readonly names: ReadonlyArray<string>
  readonly locate: (name: string) => Promise<PlacedArray>
}

/**
 * Locates an autoencoder's arrays and checks that they fit together: a Gemma Scope `params.npz` or `params.safetensors`, or
 * SAELens' `sae_weights.safetensors` with the `cfg.json` beside it. Keys may be in any order, and in lower case.
 *
 * Rejects with a `ScopeFileError`, as `readNpz` does, when an array is missing or has another dtype or shape, and when what
 * the autoencoder computes is not known here.
 */
export async function readSae(files: ModelFiles, name: string): Promise<SaeFile> {
  const config = isSaeLensFile(name) ? await readSaeConfig(files, folderOf(name)) : undefined
  const all = name.endsWith(".npz") ? await readNpz(files, name) : await readTensors(files, name)
  return new Reading(files, name, all).read(config?.formula ?? jumpRelu, config)
}

async function readTensors(files: ModelFiles, name: string): Promise<Arrays> {
  const tensors = await inScope(openSafetensorsFile(files, name))
  return {
    names: [...tensors.keys()],
    locate: async (key) => {
      const tensor = tensors.get(key)
      if (tensor === undefined) throw new Error(`${key} was not listed`)
      return { ...tensor, isColumnMajor: false }
    },
  }
}

class Reading {
  readonly #files: ModelFiles
  readonly #name: string
  readonly #all: Arrays
  /** Names as they are in the file, by those in lower case. */
  readonly #spelt: ReadonlyMap<string, string>

  constructor(files: ModelFiles, name: string, all: Arrays) {
    this.#files = files
    this.#name = name
    this.#all = all
    this.#spelt = new Map(all.names.map((key) => [key.toLowerCase(), key]))
  }

  /** @param said widths, 0 where none are said. */
  async read(given: SaeFormula, said: Pick<SaeConfig, "dModel" | "width"> = { dModel: 0, width: 0 }): Promise<SaeFile> {
    const skipped = this.#skipArray(given)
    const formula = { ...given, isAffine: skipped !== undefined }
    const encoder = await this.#find("W_enc")
    const [dModel = 0, width = 0] = encoder.shape
    if (encoder.shape.length === 3) throw this.#refuse(`W_enc has ${shapeText(encoder.shape)}, as a crosscoder has`)
    if (encoder.shape.length !== 2 || dModel === 0 || width === 0) {
      throw this.#refuse(`W_enc has the shape ${shapeText(encoder.shape)}, not two positive extents`)
    }
    if ((said.dModel || dModel) !== dModel || (said.width || width) !== width) {
      throw this.#refuse(
        `W_enc has ${shapeText(encoder.shape)}, and cfg.json says ${shapeText([said.dModel, said.width])}`,
      )
    }
    if (this.#has("scaling_factor")) throw this.#refuse("its activations were finetuned with a scaling_factor")
    const shaped = async (key: string, ...shape: ReadonlyArray<number>): Promise<PlacedArray> => {
      const array = await this.#find(key)
      if (array.shape.length === shape.length && shape.every((extent, axis) => extent === array.shape[axis])) {
        return array
      }
      const implied = `W_enc ${shapeText(encoder.shape)} asks for ${shapeText(shape)}`
      throw this.#refuse(`${key} has the shape ${shapeText(array.shape)}, and ${implied}`)
    }
    const [, dOut = dModel] = (await this.#find("W_dec")).shape
    const own: Partial<Record<FeatureArrayName, PlacedArray>> = {}
    for (const key of featureArrays[formula.activation]) own[key] = await shaped(key, width)
    const decoder = await shaped("W_dec", width, dOut)
    const arrays = { ...own, W_enc: encoder, W_dec: decoder, b_dec: await shaped("b_dec", dOut) }
    const isTransposed = skipped === skipOfSaeLens
    const shape = isTransposed ? [dOut, dModel] : [dModel, dOut]
    const skip = skipped === undefined ? undefined : { array: await shaped(skipped, ...shape), isTransposed }
    return { dModel, dOut, width, formula, skip, arrays }
  }

  #skipArray({ isAffine }: SaeFormula): string | undefined {
    if (this.#has(skipOfGemmaScope)) return skipOfGemmaScope
    return isAffine || this.#has(skipOfSaeLens) ? skipOfSaeLens : undefined
  }

  #has(key: string): boolean {
    return this.#spelt.has(key.toLowerCase())
  }

  async #find(key: string): Promise<PlacedArray> {
    const spelt = this.#spelt.get(key.toLowerCase())
    if (spelt === undefined) {
      throw this.#refuse(`the array ${key} is missing (it has ${this.#all.names.join(", ") || "none"})`)
    }
    const array = await this.#all.locate(spelt)
    if (!isOfFloats(array)) throw this.#refuse(`the array ${key} is ${array.dtype}, not of floats`)
    return array
  }

  #refuse(problem: string): ScopeFileError {
    return new ScopeFileError({
      file: filePath(this.#files, this.#name),
      problem,
      remedy:
        "An autoencoder has W_enc [d, W], W_dec [W, d], b_dec [d] and, of each feature, b_enc and threshold (Gemma Scope), or what SAELens saves of one site; take such a file.",
    })
  }
}

const shapeText = (shape: ReadonlyArray<number>): string => `[${shape.join(", ")}]`
