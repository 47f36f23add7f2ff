/** Where the keys and values of one sequence lie: in the engine's memory, or on the device. */
import type { Tensor } from "onnxruntime-common"
import type { ModelConfig } from "../graph/ModelConfig.ts"

/** The part of a model's shape that its keys and values have. */
export type KvShape = Pick<ModelConfig, "layers" | "kvHeads" | "headDim">

/** A buffer `[kvHeads, capacity, headDim]` for the keys and one for the values of each layer, of fixed capacity. */
export interface KvStore {
  /** The buffers as inputs of the decoder's graph. */
  readonly feeds: Readonly<Record<string, Tensor>>
  /**
   * Writes the rows of `count` new tokens after the first `length`, and takes the tensor over.
   *
   * @param rows `[1, 2 * layers * kvHeads, count, headDim]`, as the graph gives them.
   */
  write(rows: Tensor, length: number, count: number): void
  /** A store of another capacity that begins with the first `length` rows of this one. */
  copy(length: number, capacity: number): KvStore
  dispose(): void
}

/** Bytes of one token in all buffers: they are float32 on every device. */
export const bytesPerToken = ({ headDim, kvHeads, layers }: KvShape): number =>
  2 * layers * kvHeads * headDim * Float32Array.BYTES_PER_ELEMENT
