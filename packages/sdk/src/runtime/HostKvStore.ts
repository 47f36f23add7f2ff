/** Keys and values in the engine's own memory. */
import { Tensor } from "onnxruntime-common"
import { names } from "../graph/Decoder.ts"
import type { KvShape, KvStore } from "./KvStore.ts"

export class HostKvStore implements KvStore {
  readonly #shape: KvShape
  readonly #capacity: number
  /** Keys and values in turn, layer by layer. */
  readonly #buffers: ReadonlyArray<Float32Array>
  readonly feeds: Readonly<Record<string, Tensor>>

  constructor(shape: KvShape, capacity: number) {
    const { headDim, kvHeads, layers } = shape
    this.#shape = shape
    this.#capacity = capacity
    this.#buffers = Array.from({ length: 2 * layers }, () => new Float32Array(kvHeads * capacity * headDim))
    this.feeds = Object.fromEntries(
      this.#buffers.map((buffer, i) => {
        const name = i % 2 === 0 ? names.pastKey(i >> 1) : names.pastValue(i >> 1)
        return [name, new Tensor("float32", buffer, [1, kvHeads, capacity, headDim])]
      }),
    )
  }

  write(rows: Tensor, length: number, count: number): void {
    const { data } = rows
    if (!(data instanceof Float32Array)) throw new Error("the graph gave no new keys and values")
    const { headDim, kvHeads } = this.#shape
    const size = count * headDim
    for (const [i, buffer] of this.#buffers.entries()) {
      for (let head = 0; head < kvHeads; head++) {
        const from = (i * kvHeads + head) * size
        buffer.set(data.subarray(from, from + size), (head * this.#capacity + length) * headDim)
      }
    }
  }

  copy(length: number, capacity: number): HostKvStore {
    const copy = new HostKvStore(this.#shape, capacity)
    const { headDim, kvHeads } = this.#shape
    for (const [i, source] of this.#buffers.entries()) {
      for (let head = 0; head < kvHeads; head++) {
        const begin = head * this.#capacity * headDim
        copy.#buffers[i]?.set(source.subarray(begin, begin + length * headDim), head * capacity * headDim)
      }
    }
    return copy
  }

  /** Memory goes when nobody refers to it any more. */
  dispose(): void {}
}
