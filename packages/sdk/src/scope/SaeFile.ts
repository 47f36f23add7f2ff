/** Where the arrays of a sparse autoencoder lie in its `params.npz`. */
import { filePath, type ModelFiles } from "../files/ModelFiles.ts"
import { type NpzArray, readNpz } from "../files/readNpz.ts"
import { ScopeFileError } from "../words/Errors.ts"

/** The arrays of a JumpReLU autoencoder, with Gemma Scope's names. */
export type SaeArrayName = "W_enc" | "W_dec" | "b_enc" | "b_dec" | "threshold"

const floats: ReadonlyArray<NpzArray["dtype"]> = ["F32", "F16", "F64"]

/** A located autoencoder. */
export interface SaeFile {
  /** Width of the model's activations that it reads. */
  readonly dModel: number
  /** Features. */
  readonly width: number
  /** `W_enc` [dModel, width], `W_dec` [width, dModel], `b_enc` and `threshold` [width], `b_dec` [dModel]; of floats. */
  readonly arrays: Readonly<Record<SaeArrayName, NpzArray>>
}

/**
 * Locates a Gemma Scope autoencoder's arrays and checks that they fit together.
 *
 * Rejects with a `ScopeFileError`, as `readNpz` does, and when an array is missing or has another dtype or shape.
 */
export async function readSae(files: ModelFiles, name: string): Promise<SaeFile> {
  const npz = await readNpz(files, name)
  const refuse = (problem: string): ScopeFileError =>
    new ScopeFileError({
      file: filePath(files, name),
      problem,
      remedy:
        "A Gemma Scope autoencoder has W_enc [d, W], W_dec [W, d], b_enc [W], threshold [W] and b_dec [d]; take params.npz from such a folder.",
    })
  const find = async (key: SaeArrayName): Promise<NpzArray> => {
    if (!npz.names.includes(key)) {
      throw refuse(`the array ${key} is missing (it has ${npz.names.join(", ") || "none"})`)
    }
    const array = await npz.locate(key)
    if (!floats.includes(array.dtype)) throw refuse(`the array ${key} is ${array.dtype}, not of floats`)
    return array
  }
  const encoder = await find("W_enc")
  const [dModel = 0, width = 0] = encoder.shape
  if (encoder.shape.length !== 2 || dModel === 0 || width === 0) {
    throw refuse(`W_enc has the shape ${shapeText(encoder.shape)}, not two positive extents`)
  }
  const shaped = async (key: SaeArrayName, ...shape: ReadonlyArray<number>): Promise<NpzArray> => {
    const array = await find(key)
    if (array.shape.length === shape.length && shape.every((extent, axis) => extent === array.shape[axis])) return array
    const implied = `W_enc ${shapeText(encoder.shape)} asks for ${shapeText(shape)}`
    throw refuse(`${key} has the shape ${shapeText(array.shape)}, and ${implied}`)
  }
  return {
    dModel,
    width,
    arrays: {
      W_enc: encoder,
      W_dec: await shaped("W_dec", width, dModel),
      b_enc: await shaped("b_enc", width),
      b_dec: await shaped("b_dec", dModel),
      threshold: await shaped("threshold", width),
    },
  }
}

const shapeText = (shape: ReadonlyArray<number>): string => `[${shape.join(", ")}]`
