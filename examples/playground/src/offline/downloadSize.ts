/** The bytes that loading the embedded model takes, as the build counted them; undefined in development. */
export function downloadSize(device: string): number | undefined {
  const meta = document.querySelector<HTMLMetaElement>('meta[name="facet-download"]')
  const sizes = new URLSearchParams(meta?.content)
  const isWebGpu = device === "webgpu" || (device === "auto" && "gpu" in navigator)
  const bytes = Number(sizes.get("model")) + Number(sizes.get(isWebGpu ? "webgpu" : "wasm"))
  return bytes > 0 ? bytes : undefined
}
