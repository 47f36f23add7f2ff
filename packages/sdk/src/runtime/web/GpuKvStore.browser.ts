/** Keys and values in buffers of the GPU: they never come back to the page's memory. */
import { Tensor } from "onnxruntime-common"
import { names } from "../../graph/Decoder.ts"
import { kvBuffers, type KvRows, type KvShape, type KvStore, type NewRows } from "../KvStore.ts"

const floatBytes = Float32Array.BYTES_PER_ELEMENT

/** `COPY_SRC | COPY_DST | STORAGE`, by WebGPU's numbers (section 5.1, buffer usages): not all type libraries name them. */
const usage = 0x04 | 0x08 | 0x80

interface Buffer {
  readonly kind: keyof KvRows
  readonly values: GPUBuffer
}

export class GpuKvStore implements KvStore {
  readonly #device: GPUDevice
  readonly #shape: KvShape
  readonly #capacity: KvRows
  /** Keys and values in turn, layer by layer; WebGPU fills new ones with zeros. */
  readonly #buffers: ReadonlyArray<Buffer>
  readonly feeds: Readonly<Record<string, Tensor>>

  constructor(device: GPUDevice, shape: KvShape, capacity: KvRows) {
    const { headDim, kvHeads } = shape
    this.#device = device
    this.#shape = shape
    this.#capacity = capacity
    this.#buffers = kvBuffers(shape).map(({ kind }) => {
      const size = kvHeads * capacity[kind] * headDim * floatBytes
      return { kind, values: device.createBuffer({ size, usage }) }
    })
    this.feeds = Object.fromEntries(
      this.#buffers.map(({ kind, values }, i) => {
        const name = i % 2 === 0 ? names.pastKey(i >> 1) : names.pastValue(i >> 1)
        const dims = [1, kvHeads, capacity[kind], headDim]
        return [name, Tensor.fromGpuBuffer(values, { dataType: "float32", dims })]
      }),
    )
  }

  write({ first, tensor }: NewRows, length: KvRows, count: number): void {
    const { headDim, kvHeads } = this.#shape
    const size = count * headDim * floatBytes
    const given = (tensor.dims[2] ?? count) * headDim * floatBytes
    const skipped = first * headDim * floatBytes
    this.#submit((commands) => {
      for (const [i, { kind, values }] of this.#buffers.entries()) {
        for (let head = 0; head < kvHeads; head++) {
          const to = (head * this.#capacity[kind] + length[kind]) * headDim * floatBytes
          const from = (i * kvHeads + head) * given + skipped
          commands.copyBufferToBuffer(tensor.gpuBuffer as GPUBuffer, from, values, to, size)
        }
      }
    })
    tensor.dispose()
  }

  slide(count: number, length: number): void {
    const { headDim, kvHeads } = this.#shape
    const row = headDim * floatBytes
    const size = (length - count) * row
    if (size === 0) return
    // WebGPU copies nothing within one buffer.
    const aside = this.#device.createBuffer({ size, usage })
    this.#submit((commands) => {
      for (const { kind, values } of this.#buffers) {
        if (kind !== "sliding") continue
        for (let head = 0; head < kvHeads; head++) {
          const begin = head * this.#capacity.sliding * row
          commands.copyBufferToBuffer(values, begin + count * row, aside, 0, size)
          commands.copyBufferToBuffer(aside, 0, values, begin, size)
        }
      }
    })
    aside.destroy()
  }

  copy(length: KvRows, capacity: KvRows): GpuKvStore {
    const copy = new GpuKvStore(this.#device, this.#shape, capacity)
    const { headDim, kvHeads } = this.#shape
    const row = headDim * floatBytes
    this.#submit((commands) => {
      for (const [i, { kind, values }] of this.#buffers.entries()) {
        const target = copy.#buffers[i]?.values
        const size = length[kind] * row
        if (target === undefined || size === 0) continue
        for (let head = 0; head < kvHeads; head++) {
          const [from, to] = [head * this.#capacity[kind] * row, head * capacity[kind] * row]
          commands.copyBufferToBuffer(values, from, target, to, size)
        }
      }
    })
    return copy
  }

  dispose(): void {
    // Work that was submitted before is finished first.
    for (const { values } of this.#buffers) values.destroy()
  }

  #submit(record: (commands: GPUCommandEncoder) => void): void {
    const commands = this.#device.createCommandEncoder()
    record(commands)
    this.#device.queue.submit([commands.finish()])
  }
}
