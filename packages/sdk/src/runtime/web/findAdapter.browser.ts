/** The graphics adapter that WebGPU runs on. */
import { UnsupportedDeviceError } from "../../words/Errors.ts"

export const refuse = (problem: string, remedy: string): UnsupportedDeviceError =>
  new UnsupportedDeviceError({ device: "webgpu", problem, remedy })

/**
 * @param allowSoftware whether an adapter will do that is a program on the CPU: it computes rightly, and slower than wasm.
 *
 * Rejects with an `UnsupportedDeviceError` that says why there is none.
 */
export async function findAdapter(allowSoftware: boolean): Promise<GPUAdapter> {
  // The types promise it; older browsers and pages without TLS have none.
  const gpu: GPU | undefined = navigator.gpu
  if (gpu === undefined) {
    throw refuse("this browser has no WebGPU here", "Use a browser that has it, over https or on localhost.")
  }
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" })
  if (adapter === null) {
    throw refuse("the browser found no graphics adapter", "Update the driver, or switch on hardware acceleration.")
  }
  if (allowSoftware || !adapter.info.isFallbackAdapter) return adapter
  throw refuse(
    "the graphics adapter is a program on the CPU, which is slower than wasm",
    'Switch on hardware acceleration, or ask for it with device: "webgpu".',
  )
}
