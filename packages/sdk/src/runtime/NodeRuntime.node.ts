/** ONNX Runtime's native build for Node, on the CPU. */
import { availableParallelism } from "node:os"
import * as ort from "onnxruntime-node"
import type { Operators } from "../graph/Decoder.ts"
import type { Graph } from "../graph/Onnx.ts"
import type { ModelFiles } from "../files/ModelFiles.ts"
import type { TensorLocations } from "../words/Tensors.ts"
import { HostKvStore } from "./HostKvStore.ts"
import type { Interlock } from "./Interlock.ts"
import type { KvRows, KvShape } from "./KvStore.ts"
import { type ModelWeights, type Placed, type Runtime, type Session, storedPrecision, type Tensors } from "./Runtime.ts"

export interface NodeRuntimeOptions {
  /** Threads for one run. Default: as many as the machine has cores, at most 16. */
  readonly threads?: number | undefined
  readonly interlock: Interlock
  /** Other operators give the same numbers more slowly: those of WebGPU can be tested here. */
  readonly operators?: Operators | undefined
}

/** More threads than this cost more in waiting than they bring for a batch of one. */
const mostThreads = 16

/** What a CPU runs fast. */
const fast: Operators = { attention: "fused", multiplication: "int8", rounding: "row" }

export function makeNodeRuntime({ interlock, operators, threads }: NodeRuntimeOptions): NodeRuntime {
  return new NodeRuntime(interlock, threads ?? Math.min(availableParallelism(), mostThreads), operators ?? fast)
}

type Guarded = <A>(work: () => Promise<A>) => Promise<A>

export class NodeRuntime implements Runtime {
  readonly name = "cpu"
  readonly needsSelfCheck = false
  readonly mostDrafted = 7
  readonly operators: Operators
  readonly threads: number
  readonly #guarded: Guarded

  constructor(interlock: Interlock, threads: number, operators: Operators) {
    this.operators = operators
    this.threads = threads
    this.#guarded = async (work) => {
      interlock.enter()
      try {
        return await work()
      } finally {
        interlock.leave()
      }
    }
  }

  readonly precision = storedPrecision

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
    return { tensors: paths.get(name) ?? name, open: (graph) => this.open(graph, folder) }
  }

  makeKvStore(shape: KvShape, capacity: KvRows): HostKvStore {
    return new HostKvStore(shape, capacity)
  }

  async release(): Promise<void> {}

  /** Opens a graph whose tensors lie in files below `folder`. */
  open({ bytes }: Pick<Graph, "bytes">, folder: string): Promise<Session> {
    return this.#guarded(async () => {
      const session = await ort.InferenceSession.create(bytes, {
        intraOpNumThreads: this.threads,
        executionMode: "sequential",
        logSeverityLevel: 3,
        extra: {
          session: {
            model_external_initializers_file_folder_path: folder,
            // Between two operators threads wait for each other in loops, as waking up takes as long as many an operator.
            // After a run they sleep: the app needs the cores between two tokens.
            intra_op: { allow_spinning: "1", spin_duration_us: "1000" },
            force_spinning_stop: "1",
          },
        },
      })
      return new NodeSession(session, this.#guarded)
    })
  }
}

class NodeSession implements Session {
  readonly #session: ort.InferenceSession
  readonly #guarded: Guarded

  constructor(session: ort.InferenceSession, guarded: Guarded) {
    this.#session = session
    this.#guarded = guarded
  }

  run(feeds: Tensors, fetches: ReadonlyArray<string>): Promise<Tensors> {
    return this.#guarded(() => this.#session.run(feeds, fetches))
  }

  release(): Promise<void> {
    return this.#guarded(() => this.#session.release())
  }
}
