/** ONNX Runtime's native WebGPU build. */
import type * as OrtModule from "onnxruntime-web/webgpu"
import { names, type Operators } from "../../graph/Decoder.ts"
import type { Graph } from "../../graph/Onnx.ts"
import { int8Name } from "../../words/Tensors.ts"
import type { ModelFiles } from "../../files/ModelFiles.ts"
import { findAdapter, refuse } from "./findAdapter.browser.ts"
import type { KvRows, KvShape } from "../KvStore.ts"
import { type ModelWeights, type Runtime, storedPrecision, type Tensors } from "../Runtime.ts"
import { GpuKvStore } from "./GpuKvStore.browser.ts"
import { loadRuntime, withRuntimeFiles } from "./RuntimeCode.ts"
import { openSession, placeTensors, placeWhole } from "./WebSessions.browser.ts"

type Ort = Pick<typeof OrtModule, "env" | "InferenceSession">

export interface WebGpuOptions {
  readonly precision: "f32" | "f16"
  /** Whether an adapter will do that is a program on the CPU: it computes rightly, and slower than wasm. */
  readonly allowSoftware: boolean
  /** Told when the device is gone: everything on it is lost. */
  readonly onLost: (problem: string) => void
}

/** How long a loss takes to show after a run that failed of it, in milliseconds. */
const lossDelay = 500

export async function startWebGpu({ allowSoftware, onLost, precision }: WebGpuOptions): Promise<Runtime> {
  const adapter = await findAdapter(allowSoftware)
  if (precision === "f16" && !adapter.features.has("shader-f16")) {
    throw refuse("the graphics adapter has no 16-bit floats", 'Leave out `precision`, or set it to "f32".')
  }
  const ort = await loadRuntime(() => import("onnxruntime-web/webgpu"))
  ort.env.wasm.numThreads = 1
  // Both, or a bundled worker starts itself again in place of ONNX Runtime's threads.
  const paths = {
    mjs: new URL("onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs", import.meta.url).href,
    wasm: new URL("onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm", import.meta.url).href,
  }
  ort.env.wasm.wasmPaths = paths
  return new WebGpuRuntime(ort, precision, onLost, Object.values(paths))
}

class WebGpuRuntime implements Runtime {
  readonly name = "webgpu"
  readonly threads = 1
  readonly needsSelfCheck = true
  readonly mostDrafted = 0
  readonly operators: Operators
  readonly #ort: Ort
  readonly #onLost: (problem: string) => void
  readonly #files: ReadonlyArray<string>
  #device: GPUDevice | undefined

  /** @param files - what ONNX Runtime fetches with its first session. */
  constructor(ort: Ort, precision: "f32" | "f16", onLost: (problem: string) => void, files: ReadonlyArray<string>) {
    this.#files = files
    this.#ort = ort
    this.#onLost = onLost
    this.operators = { attention: "decomposed", multiplication: precision, rounding: "row" }
  }

  precision({ quantization }: Omit<ModelWeights, "tensors">) {
    return quantization === null && this.operators.multiplication === "f16" ? "f16" : storedPrecision({ quantization })
  }

  async placeModel(files: ModelFiles, weights: ModelWeights) {
    if (weights.specs.some(({ name }) => weights.tensors.has(int8Name(name)))) {
      throw refuse(
        "it has no products of 8-bit integers, which the weights of this folder are",
        'Open it with `device: "wasm"`, or take a folder of dtype q4.',
      )
    }
    const { blobs, tensors: placed } = placeTensors(files, weights, { knowsBf16: false })
    return { tensors: placed, open: (graph: Graph) => this.#open(graph, blobs) }
  }

  async placeFile(files: ModelFiles, name: string) {
    const blobs = placeWhole(files, name)
    return { tensors: name, open: (graph: Graph) => this.#open(graph, blobs) }
  }

  makeKvStore(shape: KvShape, capacity: KvRows): GpuKvStore {
    if (this.#device === undefined) throw new Error("keys and values before any graph was opened")
    return new GpuKvStore(this.#device, shape, capacity)
  }

  async release(): Promise<void> {
    const device = this.#device
    this.#device = undefined
    device?.destroy()
  }

  async #open(graph: Graph, blobs: Parameters<typeof openSession>[2]) {
    const session = await withRuntimeFiles(this.#files, () =>
      openSession(this.#ort, graph, blobs, {
        executionProviders: ["webgpu"],
        // A decoder's new rows stay on the device; an autoencoder's graph has none.
        preferredOutputLocation: graph.outputs.has(names.newKeyValues) ? { [names.newKeyValues]: "gpu-buffer" } : {},
      }),
    )
    if (this.#device === undefined) this.#watch(await this.#ort.env.webgpu.device)
    return {
      run: (feeds: Tensors, fetches: ReadonlyArray<string>) =>
        session.run(feeds, fetches).catch(async (cause: unknown) => {
          await this.#lossMayShow()
          throw cause
        }),
      release: () => session.release(),
    }
  }

  /** A run on a lost device fails a little before the loss is told, which is what its caller should hear of. */
  #lossMayShow(): Promise<unknown> {
    return Promise.race([this.#device?.lost, new Promise((resolve) => setTimeout(resolve, lossDelay))])
  }

  #watch(device: GPUDevice): void {
    this.#device = device
    void device.lost.then(({ message, reason }) => {
      if (this.#device === device) this.#onLost(`the graphics device was lost (${reason}): ${message}`)
    })
  }
}
