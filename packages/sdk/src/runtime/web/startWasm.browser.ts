/** ONNX Runtime's plain wasm build: on the CPU, with threads where the page is cross-origin isolated. */
import { UnsupportedDeviceError } from "../../words/Errors.ts"
import type { ModelFiles } from "../../files/ModelFiles.ts"
import { isMatrix, type TensorSpec } from "../../words/Tensors.ts"
import { HostKvStore } from "../HostKvStore.ts"
import type { KvRows, KvShape } from "../KvStore.ts"
import type { ModelWeights, Runtime } from "../Runtime.ts"
import { loadRuntime, withRuntimeFiles } from "./RuntimeCode.ts"
import { mayStartThreads, type TrustedTypesPlace } from "./mayStartThreads.ts"
import { wasmThreads } from "./wasmThreads.ts"
import { openSession, type OrtSessions, placeTensors, placeWhole } from "./WebSessions.browser.ts"

/** Plain weights up to so many bytes in f32 are multiplied as f32; larger ones would not fit into wasm's 4 GiB. */
const mostFloatBytes = 1024 ** 3

export interface WasmOptions {
  readonly precision: "auto" | "f32" | "int8"
  /** Default: what `wasmThreads` says; without shared memory there is only one. */
  readonly threads?: number | undefined
}

export async function startWasm({ precision, threads }: WasmOptions): Promise<Runtime> {
  if (typeof WebAssembly === "undefined") {
    throw new UnsupportedDeviceError({
      device: "wasm",
      problem: "this browser has no WebAssembly",
      remedy: "Use a browser of the last years, or a page whose settings do not switch it off.",
    })
  }
  if (!mayCompile()) {
    throw new UnsupportedDeviceError({
      device: "wasm",
      problem: "the page's Content-Security-Policy forbids WebAssembly (script-src lacks 'wasm-unsafe-eval')",
      remedy: "Add 'wasm-unsafe-eval' to script-src, also where the server sends the worker's script.",
    })
  }
  const ort = await loadRuntime(() => import("onnxruntime-web/wasm"))
  // Both, or a bundled worker starts itself again in place of ONNX Runtime's threads.
  const paths = {
    mjs: new URL("onnxruntime-web/ort-wasm-simd-threaded.mjs", import.meta.url).href,
    wasm: new URL("onnxruntime-web/ort-wasm-simd-threaded.wasm", import.meta.url).href,
  }
  ort.env.wasm.wasmPaths = paths
  const wanted = wasmThreads(threads, globalThis)
  // The compiler's library does not know Trusted Types.
  const place = globalThis as TrustedTypesPlace
  const count = wanted === 1 || mayStartThreads(paths.mjs, place) ? wanted : 1
  ort.env.wasm.numThreads = count
  return new WasmRuntime(ort, precision, count, Object.values(paths))
}

/** Whether the smallest module compiles: a magic number and a version. */
function mayCompile(): boolean {
  try {
    return new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)) instanceof WebAssembly.Module
  } catch {
    return false
  }
}

class WasmRuntime implements Runtime {
  readonly name = "wasm"
  // What int8 weights there are is seen from the tensors; nothing else is rounded.
  readonly operators = { attention: "fused", multiplication: "f32", rounding: "tensor" } as const
  readonly needsSelfCheck = false
  readonly mostDrafted = 0
  readonly threads: number
  readonly #ort: OrtSessions
  readonly #precision: WasmOptions["precision"]
  readonly #files: ReadonlyArray<string>

  /** @param files - what ONNX Runtime fetches with its first session. */
  constructor(ort: OrtSessions, precision: WasmOptions["precision"], threads: number, files: ReadonlyArray<string>) {
    this.#files = files
    this.#ort = ort
    this.#precision = precision
    this.threads = threads
  }

  precision({ quantization, specs }: Omit<ModelWeights, "tensors">): "f32" | "int8" {
    if (this.#precision !== "auto") return this.#precision
    return quantization === null && floatBytes(specs) <= mostFloatBytes ? "f32" : "int8"
  }

  async placeModel(files: ModelFiles, weights: ModelWeights) {
    const { quantization } = weights
    if (this.precision(weights) === "f32" && quantization !== null) {
      throw new UnsupportedDeviceError({
        device: "wasm",
        problem: `blocks of ${quantization.bits} bits were asked for in f32, which wasm multiplies some 30 times slower`,
        remedy: 'Leave out `precision`, or set it to "int8".',
      })
    }
    const { blobs, tensors: placed } = placeTensors(files, weights, { asInt8: this.precision(weights) === "int8" })
    return { tensors: placed, open: this.#opening(blobs) }
  }

  async placeFile(files: ModelFiles, name: string) {
    return { tensors: name, open: this.#opening(placeWhole(files, name)) }
  }

  makeKvStore(shape: KvShape, capacity: KvRows): HostKvStore {
    return new HostKvStore(shape, capacity)
  }

  async release(): Promise<void> {}

  readonly #opening =
    (blobs: Parameters<typeof openSession>[2]) =>
    (graph: Parameters<typeof openSession>[1]): ReturnType<typeof openSession> =>
      withRuntimeFiles(this.#files, () => openSession(this.#ort, graph, blobs, { executionProviders: ["wasm"] }))
}

/** Of all matrices, in f32. */
const floatBytes = (specs: ReadonlyArray<TensorSpec>): number =>
  specs.filter(isMatrix).reduce((sum, { columns, rows }) => sum + 4 * rows * columns, 0)
