/**
 * ONNX Runtime as the engine sees it: graphs are opened from bytes, over weights that stay in their files.
 * onnxruntime-node and onnxruntime-web stand behind the same interfaces.
 */
import type { Device } from "../Device.ts"
import type { Operators } from "../graph/Decoder.ts"
import type { Graph } from "../graph/Onnx.ts"
import type { ModelFiles } from "../hub/ModelFiles.ts"
import type { GemmaConfig } from "../model/Config.ts"
import type { TensorLocation } from "../model/Safetensors.ts"
import type { KvShape, KvStore } from "./KvStore.ts"
import type { Tensors } from "./Tensors.ts"

/** An open graph. One run at a time. */
export interface Session {
  /** Runs the graph and gives the outputs named in `fetches`; the others are not copied out. */
  run(feeds: Tensors, fetches: ReadonlyArray<string>): Promise<Tensors>
  release(): Promise<void>
}

/** Tensors of some files, where this runtime's graphs find them. */
export interface Placed<Locations> {
  readonly tensors: Locations
  /** Opens a graph that points at them. */
  open(graph: Graph): Promise<Session>
}

export interface Runtime {
  readonly name: Device["name"]
  readonly threads: number
  readonly operators: Operators
  /** Whether drivers are known that compute wrongly without a word: then a model is compared with its known logits. */
  readonly needsSelfCheck: boolean
  /** What the weights of a model are multiplied as. */
  precision(config: GemmaConfig): Device["precision"]
  /** Prepares a model's tensors for graphs over them. */
  placeModel(
    files: ModelFiles,
    config: GemmaConfig,
    tensors: ReadonlyMap<string, TensorLocation>,
  ): Promise<Placed<ReadonlyMap<string, TensorLocation>>>
  /** The same for one file as it is: the name under which graphs find it. */
  placeFile(files: ModelFiles, name: string): Promise<Placed<string>>
  makeKvStore(shape: KvShape, capacity: number): KvStore
  /** Frees what is shared by all sessions. */
  release(): Promise<void>
}
