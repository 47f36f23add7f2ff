/** What each runtime can honour. Apart from the runtimes themselves, which bring ONNX Runtime along. */
import type { DeviceName, FloatPrecision } from "../words/Device.ts"

export interface DeviceOffer {
  readonly name: DeviceName
  /** What `precision` may ask for, beside `auto`. */
  readonly precisions: ReadonlyArray<FloatPrecision>
  /** Why it computes in nothing else. */
  readonly otherwise: string
  /** Whether it is taken only where it is asked for by its name. */
  readonly isAsked?: boolean
  /** Whether weights may be laid out anew: in 8 bits for prompts, or for all processes at once. */
  readonly laysOut?: boolean
}

export const cpuOffer: DeviceOffer = {
  name: "cpu",
  precisions: [],
  otherwise: "on a CPU it is that of the model's files",
  laysOut: true,
}

export const webGpuOffer: DeviceOffer = {
  name: "webgpu",
  precisions: ["f32", "f16"],
  otherwise: "WebGPU has no path for it",
}

export const wasmOffer: DeviceOffer = {
  name: "wasm",
  precisions: ["f32", "int8"],
  otherwise: "wasm has no 16-bit floats",
}

/** Of providers that compute as they see fit: CUDA's with TF32 where the card has it, CoreML's in 16 bits on some parts. */
export const offerAsProvided = (name: DeviceName): DeviceOffer => ({
  name,
  isAsked: true,
  precisions: [],
  otherwise: `on ${name} it is what ONNX Runtime's provider makes of the model's files`,
})
