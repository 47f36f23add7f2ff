/** Keys and values in buffers of the GPU: they never come back to the page's memory. */
import { Tensor } from "onnxruntime-common"
import { names } from "../../graph/Decoder.ts"
import type { KvShape, KvStore } from "../KvStore.ts"

const floatBytes = Float32Array.BYTES_PER_ELEMENT

/** `COPY_SRC | COPY_DST | STORAGE`, by WebGPU's numbers (section 5.1, buffer usages): not all type libraries name them. */
const usage = 0x04 | 0x08 | 0x80

export class GpuKvStore implements KvStore {
  readonly #device: GPUDevice
  readonly #shape: KvShape
  readonly #capacity: number
  /** Keys and values in turn, layer by layer; WebGPU fills new ones with zeros. */
  readonly #buffers: ReadonlyArray<GPUBuffer>
  readonly feeds: Readonly<Record<string, Tensor>>

  constructor(device: GPUDevice, shape: KvShape, capacity: number) {
    const { headDim, kvHeads, layers } = shape
    this.#device = device
    this.#shape = shape
    this.#capacity = capacity
    const size = kvHeads * capacity * headDim * floatBytes
    this.#buffers = Array.from({ length: 2 * layers }, () => device.createBuffer({ size, usage }))
    this.feeds = Object.fromEntries(
      this.#buffers.map((buffer, i) => {
        const name = i % 2 === 0 ? names.pastKey(i >> 1) : names.pastValue(i >> 1)
        const dims = [1, kvHeads, capacity, headDim]
        return [name, Tensor.fromGpuBuffer(buffer, { dataType: "float32", dims })]
      }),
    )
  }

  write(rows: Tensor, length: number, count: number): void {
    const { headDim, kvHeads } = this.#shape
    const size = count * headDim * floatBytes
    const commands = this.#device.createCommandEncoder()
    for (const [i, buffer] of this.#buffers.entries()) {
      for (let head = 0; head < kvHeads; head++) {
        const to = (head * this.#capacity + length) * headDim * floatBytes
        commands.copyBufferToBuffer(rows.gpuBuffer as GPUBuffer, (i * kvHeads + head) * size, buffer, to, size)
      }
    }
    this.#device.queue.submit([commands.finish()])
    rows.dispose()
  }

  copy(length: number, capacity: number): GpuKvStore {
    const copy = new GpuKvStore(this.#device, this.#shape, capacity)
    if (length === 0) return copy
    const { headDim, kvHeads } = this.#shape
    const row = headDim * floatBytes
    const commands = this.#device.createCommandEncoder()
    for (const [i, buffer] of this.#buffers.entries()) {
      const target = copy.#buffers[i]
      if (target === undefined) continue
      for (let head = 0; head < kvHeads; head++) {
        commands.copyBufferToBuffer(buffer, head * this.#capacity * row, target, head * capacity * row, length * row)
      }
    }
    this.#device.queue.submit([commands.finish()])
    return copy
  }

  dispose(): void {
    // Work that was submitted before is finished first.
    for (const buffer of this.#buffers) buffer.destroy()
  }
}
