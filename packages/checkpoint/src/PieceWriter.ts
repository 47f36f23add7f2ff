/** Reads, packs and writes some rows of a tensor. Every thread of a conversion has one. */
import type { Checkpoint } from "./Checkpoint.ts"
import type { Packing } from "./Packing.ts"
import type { TargetFile } from "./ConversionTarget.ts"
import { levelsByOutput, plainRows, quantisedRows } from "./Rows.ts"

/** A piece of work; it crosses a thread's border. */
export interface Piece {
  /** The number of the source's tensor. */
  readonly source: number
  readonly packing: Packing
  readonly first: number
  readonly count: number
  /** Where its bytes go: the file, which is there already, and the offsets of its first row. */
  readonly file: string
  readonly weightAt: number
  readonly scaleAt: number
}

export class PieceWriter implements AsyncDisposable {
  readonly #checkpoint: Checkpoint
  readonly #open: (file: string) => Promise<TargetFile>
  readonly #files = new Map<string, Promise<TargetFile>>()

  /** @param open - a file that is there already. */
  constructor(checkpoint: Checkpoint, open: (file: string) => Promise<TargetFile>) {
    this.#checkpoint = checkpoint
    this.#open = open
  }

  /** Rejects with a `ModelFileError` when a weight is not finite, or larger than f16 holds where that is wanted. */
  async write({ count, file: name, first, packing, scaleAt, source, weightAt }: Piece): Promise<void> {
    const tensor = this.#checkpoint.tensors[source]
    if (tensor === undefined) throw new Error(`there is no tensor ${source}`)
    const file = await this.#file(name)
    const { root } = this.#checkpoint
    if (packing.kind === "blocks") {
      const { data, scales } = await quantisedRows(root, tensor, packing, first, count)
      await file.write(bytesOf(scales), scaleAt)
      return file.write(bytesOf(data), weightAt)
    }
    if (packing.kind === "outputs") {
      const { data, scales } = await levelsByOutput(root, tensor)
      await file.write(bytesOf(scales), scaleAt)
      return file.write(bytesOf(data), weightAt)
    }
    await file.write(bytesOf(await plainRows(root, tensor, packing.dtype, first, count)), weightAt)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const file of this.#files.values()) await (await file).close()
  }

  #file(name: string): Promise<TargetFile> {
    const file = this.#files.get(name) ?? this.#open(name)
    this.#files.set(name, file)
    return file
  }
}

const bytesOf = ({ buffer, byteLength, byteOffset }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)
