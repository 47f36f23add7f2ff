/**
 * ONNX Runtime as the engine sees it: graphs are opened from bytes, over weights that stay in their files.
 * onnxruntime-node and onnxruntime-web stand behind the same interfaces.
 */
import type { Tensor } from "onnxruntime-common"
import type { ModelFiles } from "../files/ModelFiles.ts"
import type { Operators } from "../graph/Decoder.ts"
import type { Graph } from "../graph/Onnx.ts"
import type { DeviceName, Precision } from "../words/Device.ts"
import type { Progress } from "../words/Progress.ts"
import type { Quantization, TensorLocations, TensorSpec } from "../words/Tensors.ts"
import type { KvRows, KvShape, KvStore } from "./KvStore.ts"

/** What a run takes and gives, by the graph's names. */
export type Tensors = Readonly<Record<string, Tensor>>

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

/** A model's weights, as a runtime needs to know them. */
export interface ModelWeights {
  readonly specs: ReadonlyArray<TensorSpec>
  /** How most of the folder's weights are packed; each matrix's own tensors say how it is. */
  readonly quantization: Quantization | null
  readonly tensors: TensorLocations
}

export interface Runtime {
  readonly name: DeviceName
  readonly threads: number
  readonly operators: Operators
  /** Guessed tokens that a run may take beside the next one at little cost; 0 for none. */
  readonly mostDrafted: number
  /** Whether drivers are known that compute wrongly without a word: then a model is compared with its known logits. */
  readonly needsSelfCheck: boolean
  /** What the weights of a model are multiplied as. */
  precision(weights: Omit<ModelWeights, "tensors">): Precision
  /** Prepares a model's tensors for graphs over them. */
  placeModel(files: ModelFiles, weights: ModelWeights): Promise<Placed<TensorLocations>>
  /**
   * Lays the linear layers out anew in 8 bits, for runs of many tokens; where this runtime has no use for that, it is not there.
   * Gives where they are then, by their names in a graph; none where they are so already.
   */
  layOutPrompts?(
    files: ModelFiles,
    weights: ModelWeights,
    onProgress: (progress: Progress) => void,
  ): Promise<TensorLocations>
  /**
   * Lays weights out as they are multiplied, in a file of the folder that all processes share; where this runtime cannot, it is
   * not there. Gives where they are then.
   */
  shareWeights?(
    files: ModelFiles,
    weights: ModelWeights,
    onProgress: (progress: Progress) => void,
  ): Promise<TensorLocations>
  /** The same for one file as it is: the name under which graphs find it. */
  placeFile(files: ModelFiles, name: string): Promise<Placed<string>>
  makeKvStore(shape: KvShape, capacity: KvRows): KvStore
  /** Frees what is shared by all sessions. */
  release(): Promise<void>
}

/** A device that may work. */
export interface DeviceCandidate {
  readonly name: DeviceName
  /** Rejects when the device is not there. */
  readonly start: () => Promise<Runtime>
}

/** What a runtime multiplies weights as that takes them as their files hold them. */
export const storedPrecision = ({ quantization }: Pick<ModelWeights, "quantization">): "f32" | "int4" | "int8" =>
  quantization === null ? "f32" : quantization.bits === 4 ? "int4" : "int8"
