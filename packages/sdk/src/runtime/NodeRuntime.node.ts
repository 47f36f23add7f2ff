/** ONNX Runtime's native build for Node: on the CPU, or on what another of its execution providers runs on. */
import { availableParallelism } from "node:os"
import * as ort from "onnxruntime-node"
import type { Operators } from "../graph/Decoder.ts"
import type { Graph } from "../graph/Onnx.ts"
import type { ModelFiles } from "../files/ModelFiles.ts"
import type { DeviceName, Precision } from "../words/Device.ts"
import type { Progress } from "../words/Progress.ts"
import type { TensorLocations } from "../words/Tensors.ts"
import { HostKvStore } from "./HostKvStore.ts"
import type { Interlock } from "./Interlock.ts"
import type { KvRows, KvShape, KvStore } from "./KvStore.ts"
import { layOutPrompts } from "./layOutPrompts.node.ts"
import { shareWeights } from "./shareWeights.node.ts"
import { type ModelWeights, type Placed, type Runtime, type Session, storedPrecision } from "./Runtime.ts"

export interface NodeRuntimeOptions {
  /** Threads for one run. Default: as many as the machine has cores, at most 16. */
  readonly threads?: number | undefined
  readonly interlock: Interlock
  /** Other operators give the same numbers more slowly: those of WebGPU can be tested here. */
  readonly operators?: Operators | undefined
}

/** More threads than this cost more in waiting than they bring for a batch of one. */
const mostThreads = 16

/** Bytes of a file whose graph is done before a second thread is awake: of an autoencoder of a million weights. */
const mostForOne = 8 * 1024 * 1024

/** What a CPU runs fast. */
const fast: Operators = { attention: "fused", multiplication: "int8", rounding: "row" }

export function makeNodeRuntime({ interlock, operators, threads }: NodeRuntimeOptions): NodeRuntime {
  const provider: Provider = {
    name: "cpu",
    needsSelfCheck: false,
    mostDrafted: 7,
    operators: operators ?? fast,
    threads: threads ?? Math.min(availableParallelism(), mostThreads),
  }
  return new CpuRuntime(provider, guardedBy(interlock))
}

/** An execution provider, and what is known of it. */
export type Provider = Pick<Runtime, "name" | "needsSelfCheck" | "mostDrafted" | "operators" | "threads">

/** Does what calls native code. */
export type Guarded = <A>(work: () => Promise<A>) => Promise<A>

/** Says when the thread is inside native code. */
export const guardedBy =
  (interlock: Interlock): Guarded =>
  async (work) => {
    interlock.enter()
    try {
      return await work()
    } finally {
      interlock.leave()
    }
  }

export class NodeRuntime implements Runtime {
  readonly name: DeviceName
  readonly needsSelfCheck: boolean
  readonly mostDrafted: number
  readonly operators: Operators
  readonly threads: number
  protected readonly guarded: Guarded

  constructor({ mostDrafted, name, needsSelfCheck, operators, threads }: Provider, guarded: Guarded) {
    this.name = name
    this.needsSelfCheck = needsSelfCheck
    this.mostDrafted = mostDrafted
    this.operators = operators
    this.threads = threads
    this.guarded = guarded
  }

  precision({ quantization }: Omit<ModelWeights, "tensors">): Precision {
    return quantization === null && this.operators.multiplication === "f16" ? "f16" : storedPrecision({ quantization })
  }

  async placeModel(files: ModelFiles, { tensors }: ModelWeights): Promise<Placed<TensorLocations>> {
    const names = [...new Set([...tensors.values()].map((tensor) => tensor.file))]
    const { folder, paths } = await files.places(names)
    return {
      tensors: new Map(
        [...tensors].map(([name, tensor]) => [name, { ...tensor, file: paths.get(tensor.file) ?? tensor.file }]),
      ),
      open: (graph) => this.open(graph, folder),
    }
  }

  async placeFile(files: ModelFiles, name: string): Promise<Placed<string>> {
    const { folder, paths } = await files.places([name])
    const threads = (await files.size(name)) > mostForOne ? this.threads : 1
    return { tensors: paths.get(name) ?? name, open: (graph) => this.open(graph, folder, threads) }
  }

  makeKvStore(shape: KvShape, capacity: KvRows): KvStore {
    return new HostKvStore(shape, capacity)
  }

  async release(): Promise<void> {}

  /** Opens a graph whose tensors lie in files below `folder`. */
  async open(graph: Pick<Graph, "bytes">, folder: string, threads?: number): Promise<Session> {
    const session = await this.guarded(() => this.create(graph, folder, { threads }))
    return {
      run: (feeds, fetches) => this.guarded(() => session.run(feeds, fetches)),
      release: () => this.guarded(() => session.release()),
    }
  }

  /**
   * Without a guard.
   *
   * @param how with how many threads, and where ONNX Runtime is to write the graph too, and beside it its weights as they are
   * multiplied.
   */
  protected create(
    { bytes }: Pick<Graph, "bytes">,
    folder: string,
    {
      threads = this.threads,
      written,
    }: {
      readonly threads?: number | undefined
      readonly written?: { readonly onnx: string; readonly weights: string }
    } = {},
  ): Promise<ort.InferenceSession> {
    return ort.InferenceSession.create(bytes, {
      ...(written && { optimizedModelFilePath: written.onnx }),
      executionProviders: [this.name],
      intraOpNumThreads: threads,
      executionMode: "sequential",
      logSeverityLevel: 3,
      extra: {
        session: {
          model_external_initializers_file_folder_path: folder,
          ...(written && {
            save_external_prepacked_constant_initializers: "1",
            optimized_model_external_initializers_file_name: written.weights,
            optimized_model_external_initializers_min_size_in_bytes: String(smallestShared),
          }),
          // Between two operators threads wait for each other in loops, as waking up takes as long as many an operator.
          // After a run they sleep: the app needs the cores between two tokens.
          intra_op: { allow_spinning: "1", spin_duration_us: "1000" },
          force_spinning_stop: "1",
        },
      },
    })
  }
}

/** Bytes of a tensor that is worth a place of its own in the file. */
const smallestShared = 1024

/** A processor has several ways to multiply, and what is the fastest for one token is not for many. */
class CpuRuntime extends NodeRuntime {
  shareWeights(
    files: ModelFiles,
    weights: ModelWeights,
    onProgress: (progress: Progress) => void,
  ): Promise<TensorLocations> {
    const write = (graph: Graph, folder: string, onnx: string, weightsFile: string) =>
      this.guarded(async () => {
        const session = await this.create(graph, folder, { written: { onnx, weights: weightsFile } })
        await session.release()
      })
    const version = ort.env.versions.node ?? ort.env.versions.common
    return shareWeights(files, weights, { operators: this.operators, version, write }, onProgress)
  }

  layOutPrompts(
    files: ModelFiles,
    weights: ModelWeights,
    onProgress: (progress: Progress) => void,
  ): Promise<TensorLocations> {
    return layOutPrompts(files, weights, onProgress)
  }
}
