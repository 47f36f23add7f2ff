/** Keys and values in the engine's own memory. */
import { Tensor } from "onnxruntime-common"
import { names } from "../graph/Decoder.ts"
import { kvBuffers, type KvRows, type KvShape, type KvStore, type NewRows } from "./KvStore.ts"

interface Buffer {
  readonly kind: keyof KvRows
  readonly values: Float32Array
}

export class HostKvStore implements KvStore {
  readonly #shape: KvShape
  readonly #capacity: KvRows
  /** Keys and values in turn, layer by layer. */
  readonly #buffers: ReadonlyArray<Buffer>
  readonly feeds: Readonly<Record<string, Tensor>>

  constructor(shape: KvShape, capacity: KvRows) {
    const { headDim, kvHeads } = shape
    this.#shape = shape
    this.#capacity = capacity
    const kinds = kvBuffers(shape)
    this.#buffers = kinds.map(({ kind }) => ({ kind, values: new Float32Array(kvHeads * capacity[kind] * headDim) }))
    this.feeds = Object.fromEntries(
      this.#buffers.map(({ kind, values }, i) => {
        const name = i % 2 === 0 ? names.pastKey(i >> 1) : names.pastValue(i >> 1)
        return [name, new Tensor("float32", values, [1, kvHeads, capacity[kind], headDim])]
      }),
    )
  }

  write({ first, tensor }: NewRows, length: KvRows, count: number): void {
    const { data } = tensor
    if (!(data instanceof Float32Array)) throw new Error("the graph gave no new keys and values")
    const { headDim, kvHeads } = this.#shape
    const size = count * headDim
    const given = (tensor.dims[2] ?? count) * headDim
    for (const [i, { kind, values }] of this.#buffers.entries()) {
      for (let head = 0; head < kvHeads; head++) {
        const from = (i * kvHeads + head) * given + first * headDim
        values.set(data.subarray(from, from + size), (head * this.#capacity[kind] + length[kind]) * headDim)
      }
    }
  }

  slide(count: number, length: number): void {
    const { headDim, kvHeads } = this.#shape
    for (const { kind, values } of this.#buffers) {
      if (kind !== "sliding") continue
      for (let head = 0; head < kvHeads; head++) {
        const begin = head * this.#capacity.sliding * headDim
        values.copyWithin(begin, begin + count * headDim, begin + length * headDim)
      }
    }
  }

  copy(length: KvRows, capacity: KvRows): HostKvStore {
    const copy = new HostKvStore(this.#shape, capacity)
    const { headDim, kvHeads } = this.#shape
    for (const [i, { kind, values }] of this.#buffers.entries()) {
      const target = copy.#buffers[i]?.values
      for (let head = 0; head < kvHeads; head++) {
        const begin = head * this.#capacity[kind] * headDim
        target?.set(values.subarray(begin, begin + length[kind] * headDim), head * capacity[kind] * headDim)
      }
    }
    return copy
  }

  /** Memory goes when nobody refers to it any more. */
  dispose(): void {}
}
