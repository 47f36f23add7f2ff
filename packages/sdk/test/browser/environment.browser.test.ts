import { describe, expect, it } from "vitest"

/** What the other browser tests take for granted: without it they would test a fallback, and pass. */
describe("the tests' browser", () => {
  it("isolates the page, so that WebAssembly has threads", () => {
    expect(crossOriginIsolated).toBe(true)
    expect(typeof SharedArrayBuffer).toBe("function")
  })

  it("has WebGPU on the software adapter", async () => {
    const adapter = await navigator.gpu.requestAdapter()
    expect(adapter?.info.architecture).toBe("swiftshader")
  })

  it("has storage of its own", async () => {
    const folder = await navigator.storage.getDirectory()
    const file = await folder.getFileHandle("environment", { create: true })
    expect((await file.getFile()).size).toBe(0)
    await folder.removeEntry("environment")
  })
})
