export const deviceNames = ["cpu", "webgpu", "wasm"] as const
/** `cpu` is Node's; `webgpu` and `wasm` are a browser's. */
export type DeviceName = (typeof deviceNames)[number]
