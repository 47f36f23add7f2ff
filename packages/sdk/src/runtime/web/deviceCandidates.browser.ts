/** The devices of a browser in the order in which they are tried. */
import type { EngineSettings } from "../../words/EngineSettings.ts"
import type { DeviceCandidate } from "../Runtime.ts"
import { startWasm } from "./startWasm.browser.ts"
import { startWebGpu } from "./startWebGpu.browser.ts"

/**
 * WebGPU in 16-bit floats, then in 32-bit ones, then wasm; or what the settings leave of these.
 *
 * @param onLost told when a device that runs is gone.
 */
export function deviceCandidates(
  { device, precision, threads }: Pick<EngineSettings, "device" | "precision" | "threads">,
  onLost: (problem: string) => void,
): ReadonlyArray<DeviceCandidate> {
  const webgpu = (float: "f16" | "f32"): DeviceCandidate => ({
    name: "webgpu",
    start: () => startWebGpu({ precision: float, allowSoftware: device === "webgpu", onLost }),
  })
  const wasm = (float: "auto" | "f32" | "int8"): DeviceCandidate => ({
    name: "wasm",
    start: () => startWasm({ precision: float, threads }),
  })
  const all = [
    ...(precision === "auto" || precision === "f16" ? [webgpu("f16")] : []),
    ...(precision === "auto" || precision === "f32" ? [webgpu("f32")] : []),
    ...(precision === "f16" ? [] : [wasm(precision)]),
  ]
  return all.filter(({ name }) => device === "auto" || device === name)
}
