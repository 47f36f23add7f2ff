/** Where the keys and values of one sequence lie: in the engine's memory, or on the device. */
import type { Tensor } from "onnxruntime-common"
import { type LayerKind, layerKind, type ModelConfig } from "../graph/ModelConfig.ts"

/** The part of a model's shape that its keys and values have. */
export type KvShape = Pick<ModelConfig, "layers" | "kvHeads" | "headDim" | "slidingLayers">

/** Rows, which may differ between the kinds of layers: those that slide need not keep what no token sees any more. */
export type KvRows = Readonly<Record<LayerKind, number>>

/** Rows as the graph gives them. */
export interface NewRows {
  /** `[1, 2 * layers * kvHeads, R, headDim]`. */
  readonly tensor: Tensor
  /** Of R rows, the first that is meant. */
  readonly first: number
}

/** A buffer `[kvHeads, capacity, headDim]` for the keys and one for the values of each layer, of fixed capacity. */
export interface KvStore {
  /** The buffers as inputs of the decoder's graph. */
  readonly feeds: Readonly<Record<string, Tensor>>
  /** Writes the rows of `count` new tokens after the first `length`; of rows on a device, takes the tensor over. */
  write(rows: NewRows, length: KvRows, count: number): void
  /** Forgets the first `count` of the `length` rows of the layers that slide: the others move to the front. */
  slide(count: number, length: number): void
  /** A store of other capacities that begins with the first `length` rows of this one. */
  copy(length: KvRows, capacity: KvRows): KvStore
  dispose(): void
}

/** Keys and values in turn, layer by layer: the layer of each buffer, and the kind that it is of. */
export const kvBuffers = (shape: KvShape): ReadonlyArray<{ readonly layer: number; readonly kind: LayerKind }> =>
  Array.from({ length: 2 * shape.layers }, (_, i) => ({ layer: i >> 1, kind: layerKind(shape, i >> 1) }))

/** Bytes of buffers of such capacities: they are float32 on every device. */
export const kvBytes = (shape: KvShape, capacity: KvRows): number =>
  kvBuffers(shape).reduce((sum, { kind }) => sum + capacity[kind], 0) *
  shape.kvHeads *
  shape.headDim *
  Float32Array.BYTES_PER_ELEMENT
