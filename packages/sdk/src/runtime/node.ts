/** ONNX Runtime's native build for Node, on the CPU. */
import { availableParallelism } from "node:os"
import * as ort from "onnxruntime-node"
import type { Interlock } from "./Interlock.ts"
import type { Runtime, Session, Tensors } from "./Runtime.ts"

export interface NodeRuntimeOptions {
  /** Threads for one run. Default: as many as the machine has cores, at most 16. */
  readonly threads?: number | undefined
  readonly interlock: Interlock
}

/** More threads than this cost more in waiting than they bring for a batch of one. */
const mostThreads = 16

export function makeNodeRuntime({ interlock, threads }: NodeRuntimeOptions): Runtime {
  const guarded = async <A>(work: () => Promise<A>): Promise<A> => {
    interlock.enter()
    try {
      return await work()
    } finally {
      interlock.leave()
    }
  }
  return {
    open: (graph, folder) =>
      guarded(async () => {
        const session = await ort.InferenceSession.create(graph, {
          intraOpNumThreads: threads ?? Math.min(availableParallelism(), mostThreads),
          executionMode: "sequential",
          logSeverityLevel: 3,
          extra: {
            session: {
              model_external_initializers_file_folder_path: folder,
              // Idle threads sleep instead of spinning: the app needs the cores between two tokens.
              intra_op: { allow_spinning: "0" },
            },
          },
        })
        return new NodeSession(session, guarded)
      }),
  }
}

class NodeSession implements Session {
  readonly #session: ort.InferenceSession
  readonly #guarded: <A>(work: () => Promise<A>) => Promise<A>

  constructor(session: ort.InferenceSession, guarded: <A>(work: () => Promise<A>) => Promise<A>) {
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
