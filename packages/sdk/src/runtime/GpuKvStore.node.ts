/** Keys and values on the graphics card under onnxruntime-node. */
import type { Tensor } from "onnxruntime-common"
import { names } from "../graph/Decoder.ts"
import { type KvBuffer, type GpuMemory, seenAs } from "./GpuMemory.node.ts"
import { kvBuffers, type KvRows, type KvShape, type KvStore, type NewRows } from "./KvStore.ts"

/** The operator that writes rows compares each of their places with each other's. */
const rowsAtOnce = 128

export class GpuKvStore implements KvStore {
  readonly #memory: GpuMemory
  readonly #shape: KvShape
  readonly #capacity: KvRows
  readonly #buffers: ReadonlyArray<KvBuffer>
  readonly feeds: Readonly<Record<string, Tensor>>

  constructor(
    memory: GpuMemory,
    shape: KvShape,
    capacity: KvRows,
    buffers = memory.empty(
      kvBuffers(shape).map(({ kind }) => kind),
      (kind) => [shape.kvHeads, capacity[kind], shape.headDim],
    ),
  ) {
    const { headDim, kvHeads } = shape
    this.#memory = memory
    this.#shape = shape
    this.#capacity = capacity
    this.#buffers = buffers
    this.feeds = Object.fromEntries(
      buffers.map((buffer, i) => [
        i % 2 === 0 ? names.pastKey(i >> 1) : names.pastValue(i >> 1),
        seenAs(buffer, [1, kvHeads, capacity[buffer.kind], headDim]),
      ]),
    )
  }

  write({ first, tensor }: NewRows, length: KvRows, count: number): void {
    const { data } = tensor
    if (!(data instanceof Float32Array)) throw new Error("the graph gave no new keys and values")
    const { headDim, kvHeads } = this.#shape
    const given = tensor.dims[2] ?? count
    const step = Math.max(1, Math.floor(rowsAtOnce / kvHeads))
    for (let start = 0; start < count; start += step) {
      const rows = Math.min(step, count - start)
      const parts = this.#buffers.map((_, i) => {
        const part = new Float32Array(kvHeads * rows * headDim)
        for (let head = 0; head < kvHeads; head++) {
          const from = ((i * kvHeads + head) * given + first + start) * headDim
          part.set(data.subarray(from, from + rows * headDim), head * rows * headDim)
        }
        return part
      })
      this.#memory.write(this.#buffers, parts, {
        width: headDim,
        size: (kind) => kvHeads * this.#capacity[kind],
        slots: (kind) =>
          Array.from({ length: kvHeads * rows }, (_, i) => {
            const head = Math.floor(i / rows)
            return head * this.#capacity[kind] + length[kind] + start + (i % rows)
          }),
      })
    }
  }

  slide(count: number, length: number): void {
    if (length === count) return
    const sliding = this.#buffers.filter(({ kind }) => kind === "sliding")
    const [from, to] = [
      { full: 0, sliding: count },
      { full: 0, sliding: length },
    ]
    this.#memory.replace(sliding, this.#moved(sliding, from, to, this.#capacity))
  }

  copy(length: KvRows, capacity: KvRows): GpuKvStore {
    if (length.full === 0) return new GpuKvStore(this.#memory, this.#shape, capacity)
    const copies = this.#moved(this.#buffers, { full: 0, sliding: 0 }, length, capacity)
    return new GpuKvStore(this.#memory, this.#shape, capacity, copies)
  }

  dispose(): void {
    this.#memory.dispose(this.#buffers)
  }

  /** Buffers of a capacity that begin with the rows `from .. to - 1` of these. */
  #moved(buffers: ReadonlyArray<KvBuffer>, from: KvRows, to: KvRows, capacity: KvRows): ReadonlyArray<KvBuffer> {
    const { headDim, kvHeads } = this.#shape
    return this.#memory.moved(buffers, {
      capacity: (kind) => [kvHeads, this.#capacity[kind], headDim],
      from: (kind) => from[kind],
      to: (kind) => to[kind],
      rest: (kind) => [kvHeads, capacity[kind] - (to[kind] - from[kind]), headDim],
    })
  }
}
