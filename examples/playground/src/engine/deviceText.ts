import type { Device } from "@facet/sdk"

export const deviceNames: Readonly<Record<Device["name"], string>> = {
  webgpu: "WebGPU",
  wasm: "WebAssembly",
  cpu: "CPU",
}

/**
 * @example
 * deviceText(device) // => "WebAssembly · f32 · 2 threads"
 */
export function deviceText({ name, precision, threads }: Device): string {
  const parts = [deviceNames[name], precision]
  if (threads > 1) parts.push(`${threads} threads`)
  return parts.join(" · ")
}
