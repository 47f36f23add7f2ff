/**
 * ONNX Runtime as the engine sees it: graphs are opened from bytes, over weights that stay in their files.
 * onnxruntime-node and onnxruntime-web stand behind the same two interfaces.
 */
import type { Tensor } from "onnxruntime-common"

/** What a run takes and gives, by the graph's names. */
export type Tensors = Readonly<Record<string, Tensor>>

/** An open graph. One run at a time. */
export interface Session {
  /** Runs the graph and gives the outputs named in `fetches`; the others are not copied out. */
  run(feeds: Tensors, fetches: ReadonlyArray<string>): Promise<Tensors>
  release(): Promise<void>
}

export interface Runtime {
  /**
   * Opens a graph.
   *
   * @param graph the bytes of an `.onnx` file.
   * @param folder where the files lie that its tensors point into.
   */
  open(graph: Uint8Array, folder: string): Promise<Session>
}
