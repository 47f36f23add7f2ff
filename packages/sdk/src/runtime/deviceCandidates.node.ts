/** The devices of Node in the order in which they are tried. */
import type { EngineSettings } from "../words/EngineSettings.ts"
import type { Interlock } from "./Interlock.ts"
import { makeNodeRuntime } from "./NodeRuntime.node.ts"
import type { DeviceCandidate, Runtime } from "./Runtime.ts"
import type { Turns } from "./Turns.ts"
import { type GpuName, startGpu } from "./startGpu.node.ts"

/** The CPU, or the graphics card that was asked for by its name: in 16-bit floats, then in 32-bit ones, where it has a choice. */
export function deviceCandidates(
  { device, precision, threads }: Pick<EngineSettings, "device" | "precision" | "threads">,
  { interlock, turns }: { readonly interlock: Interlock; readonly turns: Turns },
): ReadonlyArray<DeviceCandidate> {
  const gpu = (name: GpuName, float: "f16" | "f32"): DeviceCandidate => ({
    name,
    start: () => startGpu({ name, precision: float, interlock, turns }),
  })
  switch (device) {
    case "auto":
    case "cpu":
    case "wasm":
      return [{ name: "cpu", start: async () => makeNodeRuntime({ interlock, threads }) }]
    case "webgpu":
      return [
        ...(precision === "f32" ? [] : [gpu(device, "f16")]),
        ...(precision === "f16" ? [] : [gpu(device, "f32")]),
      ]
    case "cuda":
    case "coreml":
    case "dml":
      return [gpu(device, "f32")]
  }
}

/** What a graphics card is compared with: the CPU, computing as exactly as it can. */
export const referenceRuntime = (interlock: Interlock): Runtime =>
  makeNodeRuntime({ interlock, operators: { attention: "fused", multiplication: "f32", rounding: "row" } })
