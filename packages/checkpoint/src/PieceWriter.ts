/** Reads, packs and writes some rows of a tensor. Every thread of a conversion has one. */
import { type FileHandle, open } from "node:fs/promises"
import { InvalidRequestError, ModelFileError } from "@facet/sdk/words"
import { OutputLevels, type Quantization, quantiseMatrix } from "@facet/sdk/folders"
import type { Checkpoint, CheckpointTensor } from "./Checkpoint.ts"
import type { Packing } from "./Packing.ts"
import { toFloat16 } from "./toFloat16.ts"

/** Weights that are read at once where a tensor is written whole. */
const stripeWeights = 2_097_152

/** A piece of work; it crosses a thread's border. */
export interface Piece {
  /** The number of the source's tensor. */
  readonly source: number
  readonly packing: Packing
  readonly first: number
  readonly count: number
  /** Where its bytes go: the file, which is there already, and the offsets of its first row. */
  readonly path: string
  readonly weightAt: number
  readonly scaleAt: number
}

export class PieceWriter implements AsyncDisposable {
  readonly #checkpoint: Checkpoint
  readonly #files = new Map<string, Promise<FileHandle>>()

  constructor(checkpoint: Checkpoint) {
    this.#checkpoint = checkpoint
  }

  /** Rejects with a `ModelFileError` when a weight is not finite, or larger than f16 holds where that is wanted. */
  async write({ count, first, packing, path, scaleAt, source, weightAt }: Piece): Promise<void> {
    const tensor = this.#checkpoint.tensors[source]
    if (tensor === undefined) throw new Error(`there is no tensor ${source}`)
    const file = await this.#file(path)
    if (packing.kind === "blocks") {
      const { data, scales } = await this.#quantised(tensor, packing, first, count)
      await writeAt(file, scales, scaleAt)
      return writeAt(file, data, weightAt)
    }
    if (packing.kind === "outputs") {
      const { data, scales } = await this.#byOutput(tensor)
      await writeAt(file, scales, scaleAt)
      return writeAt(file, data, weightAt)
    }
    const values = await tensor.read(first, count)
    await writeAt(
      file,
      packing.dtype === "F32" ? this.#checked(tensor, values) : this.#halves(tensor, values),
      weightAt,
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const file of this.#files.values()) await (await file).close()
  }

  #file(path: string): Promise<FileHandle> {
    const file = this.#files.get(path) ?? open(path, "r+")
    this.#files.set(path, file)
    return file
  }

  async #quantised(tensor: CheckpointTensor, { isKept, quantization }: Blocks, first: number, count: number) {
    if (isKept && tensor.packed !== undefined) return tensor.packed.read(first, count)
    const values = this.#checked(tensor, await tensor.read(first, count))
    return quantiseMatrix(values, count, tensor.spec.columns, quantization, await tensor.importance?.())
  }

  /** The whole of a tensor, read some rows at a time. */
  async #byOutput(tensor: CheckpointTensor): Promise<OutputLevels> {
    const { columns, rows } = tensor.spec
    const levels = new OutputLevels(rows, columns)
    const step = Math.max(1, Math.floor(stripeWeights / columns))
    for (let first = 0; first < rows; first += step) {
      const count = Math.min(step, rows - first)
      levels.add(this.#checked(tensor, await tensor.read(first, count)))
    }
    return levels
  }

  #halves(tensor: CheckpointTensor, values: Float32Array): Uint16Array {
    const halves = toFloat16(this.#checked(tensor, values))
    const tooLarge = halves.findIndex((half) => (half & 0x7fff) === 0x7c00)
    if (tooLarge < 0) return halves
    throw new InvalidRequestError({
      option: "dtype",
      problem: `f16 holds nothing above 65504, and the tensor ${tensor.spec.name} has ${values[tooLarge]}`,
      remedy: "Use f32, q8 or q4.",
    })
  }

  #checked({ spec }: CheckpointTensor, values: Float32Array): Float32Array {
    let sum = 0
    // A finite number less itself is zero; all others give NaN. One pass without a branch.
    for (let i = 0; i < values.length; i++) sum += values[i]! - values[i]!
    if (sum === 0) return values
    throw new ModelFileError({
      file: this.#checkpoint.root,
      problem: `the tensor ${spec.name}.weight holds ${values.find((value) => !Number.isFinite(value))}`,
      remedy: "The file is damaged, or its training diverged; get another copy.",
    })
  }
}

type Blocks = { readonly quantization: Quantization; readonly isKept: boolean }

async function writeAt(
  file: FileHandle,
  values: Uint8Array | Int8Array | Uint16Array | Float32Array,
  position: number,
) {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  for (let written = 0; written < bytes.length;) {
    written += (await file.write(bytes, written, bytes.length - written, position + written)).bytesWritten
  }
}
