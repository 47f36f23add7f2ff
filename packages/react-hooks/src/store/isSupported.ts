/**
 * Whether an engine can run here at all. In a page it takes a worker, and WebAssembly, which ONNX Runtime needs for
 * WebGPU too; whether the adapter is good enough is known when a model is opened.
 */
export function isSupported(): boolean {
  // Node runs the engine on a thread of its own, and has no global of that name.
  if (typeof document === "undefined") return true
  return typeof Worker === "function" && typeof WebAssembly === "object"
}
