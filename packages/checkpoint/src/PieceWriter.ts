/** Reads, packs and writes some rows of a tensor. Every thread of a conversion has one. */
import { type FileHandle, open } from "node:fs/promises"
import type { Checkpoint } from "./Checkpoint.ts"
import type { Packing } from "./Packing.ts"
import { levelsByOutput, plainRows, quantisedRows } from "./Rows.ts"
import { writeAt } from "./writeAt.ts"

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
    const { root } = this.#checkpoint
    if (packing.kind === "blocks") {
      const { data, scales } = await quantisedRows(root, tensor, packing, first, count)
      await writeAt(file, scales, scaleAt)
      return writeAt(file, data, weightAt)
    }
    if (packing.kind === "outputs") {
      const { data, scales } = await levelsByOutput(root, tensor)
      await writeAt(file, scales, scaleAt)
      return writeAt(file, data, weightAt)
    }
    await writeAt(file, await plainRows(root, tensor, packing.dtype, first, count), weightAt)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const file of this.#files.values()) await (await file).close()
  }

  #file(path: string): Promise<FileHandle> {
    const file = this.#files.get(path) ?? open(path, "r+")
    this.#files.set(path, file)
    return file
  }
}
