/** What a model runs on. */

export const deviceNames = ["cpu", "webgpu", "wasm", "cuda", "coreml", "dml"] as const
/**
 * `cpu`, `cuda`, `coreml` (Apple) and `dml` (DirectML, Windows) are Node's, `wasm` is a browser's, and `webgpu` is there in
 * both.
 */
export type DeviceName = (typeof deviceNames)[number]

/** What the products of weights may be asked to be computed in. */
export const floatPrecisions = ["f32", "f16", "int8"] as const
export type FloatPrecision = (typeof floatPrecisions)[number]

/** What weights are multiplied as. */
export const precisions = [...floatPrecisions, "int4"] as const
export type Precision = (typeof precisions)[number]

/** Whether what was downloaded is kept. */
export const storageKinds = ["persistent", "none"] as const
export type StorageKind = (typeof storageKinds)[number]

export interface Device {
  /** A device of the machine that runs the model; `server` where an engine is behind one that does not say which. */
  readonly name: DeviceName | "server"
  /**
   * Of the weights as they are multiplied: `int4` and `int8` where the files are quantised. Activations are float32 but in
   * `f16`. Left out by a server that does not tell.
   */
  readonly precision?: Precision
  /** Threads of one run; 1 on a graphics card. Left out by a server that does not tell. */
  readonly threads?: number
  /** What was tried before, and why it was not taken. */
  readonly rejected: ReadonlyArray<{ readonly name: DeviceName; readonly reason: string }>
}
