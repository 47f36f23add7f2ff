import type { Device } from "@facet/sdk"

export const deviceNames: Readonly<Record<Device["name"], string>> = {
  webgpu: "WebGPU",
  wasm: "WebAssembly",
  cpu: "CPU",
  cuda: "CUDA",
  coreml: "CoreML",
  dml: "DirectML",
  server: "on a server",
}

/**
 * @example
 * deviceText(device) // => "WebAssembly · f32 · 2 threads"
 */
export function deviceText({ name, precision, threads = 1 }: Device): string {
  const parts = [deviceNames[name], precision, threads > 1 ? `${threads} threads` : undefined]
  return parts.filter((part) => part !== undefined).join(" · ")
}
