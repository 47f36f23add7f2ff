/** Graphics cards under ONNX Runtime's native build for Node, each through an execution provider of its own. */
import * as ort from "onnxruntime-node"
import type { ModelFiles } from "../files/ModelFiles.ts"
import { ElementType, type Graph, GraphBuilder } from "../graph/Onnx.ts"
import { UnsupportedDeviceError } from "../words/Errors.ts"
import { int8Name, type TensorLocations } from "../words/Tensors.ts"
import { GpuKvStore } from "./GpuKvStore.node.ts"
import { GpuMemory } from "./GpuMemory.node.ts"
import type { Interlock } from "./Interlock.ts"
import type { KvRows, KvShape, KvStore } from "./KvStore.ts"
import { type Guarded, guardedBy, NodeRuntime, type Provider } from "./NodeRuntime.node.ts"
import type { ModelWeights, Placed, Runtime, Session } from "./Runtime.ts"
import type { Turns } from "./Turns.ts"

export type GpuName = "webgpu" | "cuda" | "coreml" | "dml"

export interface GpuOptions {
  readonly name: GpuName
  readonly precision: "f32" | "f16"
  readonly interlock: Interlock
  /** Of all engines in this process: there is one WebGPU in it, which knows no threads. */
  readonly turns: Turns
}

interface Needs {
  readonly title: string
  /** Where onnxruntime-node has it. Source: the table in its README, and the libraries that it brings. */
  readonly platforms: string
  readonly remedy: string
}

const needs: Readonly<Record<GpuName, Needs>> = {
  webgpu: {
    title: "WebGPU",
    platforms: "Linux on x64, Windows, and macOS on Apple silicon",
    remedy: "Install the graphics card's driver; on Linux it needs the Vulkan loader, too (libvulkan.so.1).",
  },
  cuda: {
    title: "CUDA",
    platforms: "Linux on x64",
    remedy:
      "Install the card's driver, CUDA 12 and cuDNN 9, and run onnxruntime-node's install script with ONNXRUNTIME_NODE_INSTALL=cuda12, which fetches ONNX Runtime's part.",
  },
  coreml: { title: "CoreML", platforms: "macOS on Apple silicon", remedy: "Update macOS." },
  dml: { title: "DirectML", platforms: "Windows", remedy: "Update the graphics driver and Windows." },
}

const onCpu = 'Or open with `device: "cpu"`.'

/** Rejects with an `UnsupportedDeviceError` where the device does not run a small product. */
export async function startGpu({ interlock, name, precision, turns }: GpuOptions): Promise<Runtime> {
  const { platforms, remedy, title } = needs[name]
  if (!ort.listSupportedBackends().some((backend) => backend.name === name)) {
    throw new UnsupportedDeviceError({
      device: name,
      problem: `onnxruntime-node has no ${title} on ${process.platform} ${process.arch}`,
      remedy: `It is there on ${platforms}. ${onCpu}`,
    })
  }
  const guarded = guardedIn(name, interlock, turns)
  try {
    await guarded(() => tryOut(name, precision))
  } catch (cause) {
    throw refusal(name, precision, essence(cause), remedy)
  }
  const provider = providerOf(name, precision)
  return name === "webgpu" ? new WebGpuRuntime(provider, guarded) : new GpuRuntime(provider, guarded)
}

function guardedIn(name: GpuName, interlock: Interlock, turns: Turns): Guarded {
  const guarded = guardedBy(interlock)
  return name === "webgpu" ? (work) => guarded(() => turns.take(work)) : guarded
}

function refusal(device: GpuName, precision: "f32" | "f16", reason: string, remedy: string): UnsupportedDeviceError {
  if (precision === "f16" && reason.includes("requires f16")) {
    return new UnsupportedDeviceError({
      device,
      problem: "the graphics adapter has no 16-bit floats",
      remedy: 'Leave out `precision`, or set it to "f32".',
    })
  }
  return new UnsupportedDeviceError({ device, problem: `it does not start: ${reason}`, remedy: `${remedy} ${onCpu}` })
}

const providerOf = (name: GpuName, precision: "f32" | "f16"): Provider => ({
  name,
  needsSelfCheck: true,
  mostDrafted: 0,
  // What each of them runs of the fused operators, and how rightly, differs from card to card.
  operators: { attention: "decomposed", multiplication: precision, rounding: "row" },
  threads: 1,
})

class GpuRuntime extends NodeRuntime {
  override async placeModel(files: ModelFiles, weights: ModelWeights): Promise<Placed<TensorLocations>> {
    if (weights.specs.some(({ name }) => weights.tensors.has(int8Name(name)))) {
      throw new UnsupportedDeviceError({
        device: this.name,
        problem: "it has no products of 8-bit integers, which the weights of this folder are",
        remedy: 'Open it with `device: "cpu"`, or take a folder of dtype q4.',
      })
    }
    return super.placeModel(files, weights)
  }
}

/** Keys and values stay on the card: host memory would be copied there for each token. */
class WebGpuRuntime extends GpuRuntime {
  readonly #memory: GpuMemory

  constructor(provider: Provider, guarded: Guarded) {
    super(provider, guarded)
    this.#memory = new GpuMemory(guarded)
  }

  override async open(graph: Pick<Graph, "bytes">, folder: string): Promise<Session> {
    const session = await this.#memory.queued(() => this.create(graph, folder))
    return {
      run: (feeds, fetches) => this.#memory.run(session, feeds, fetches),
      release: () => this.#memory.queued(() => session.release()),
    }
  }

  override makeKvStore(shape: KvShape, capacity: KvRows): KvStore {
    return new GpuKvStore(this.#memory, shape, capacity)
  }

  override release(): Promise<void> {
    return this.#memory.release()
  }
}

/** A product of the width that is asked for: a card without 16-bit floats says so when it runs. */
async function tryOut(name: GpuName, precision: "f32" | "f16"): Promise<void> {
  const g = new GraphBuilder("trial")
  const type = precision === "f16" ? ElementType.float16 : ElementType.float32
  const x = g.input("x", ElementType.float32, [2, 2])
  const inPrecision = g.op("Cast", [x], { attributes: { to: type } })
  const product = g.op("MatMul", [inPrecision, inPrecision])
  g.output("y", g.op("Cast", [product], { attributes: { to: ElementType.float32 } }), [2, 2])
  // What goes wrong is the caller's to tell.
  const options = { executionProviders: [name], logSeverityLevel: 4 } as const
  const session = await ort.InferenceSession.create(g.build().bytes, options)
  try {
    await session.run({ x: new ort.Tensor("float32", Float32Array.of(1, 2, 3, 4), [2, 2]) })
  } finally {
    await session.release()
  }
}

/** Of a message of ONNX Runtime's, what follows the place in its sources. */
function essence(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause)
  return message
    .replace(/^.* was false\. /s, "")
    .trim()
    .replace(/\.$/, "")
}
