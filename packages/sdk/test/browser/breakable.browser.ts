/** The engine's worker with something broken first, by the worker's name. */
const breaks: Readonly<Record<string, () => void>> = {
  /** An older browser. */
  noWebGpu: () => Object.defineProperty(navigator, "gpu", { value: undefined }),
  noDevice: () => {
    Object.defineProperty(navigator, "gpu", { value: undefined })
    Object.defineProperty(globalThis, "WebAssembly", { value: undefined })
  },
  /** An error that nobody catches, when it hears the word. */
  crash: () => {
    new BroadcastChannel("break").addEventListener("message", () =>
      setTimeout(() => {
        throw new Error("out of memory")
      }),
    )
  },
  /** Takes the graphics device away when it hears the word, as a driver's crash does. */
  loseDevice: () => {
    // oxlint-disable-next-line typescript/unbound-method -- called with its own adapter below
    const { requestDevice } = GPUAdapter.prototype
    GPUAdapter.prototype.requestDevice = async function (...options) {
      const device = await requestDevice.apply(this, options)
      new BroadcastChannel("break").addEventListener("message", () => device.destroy())
      return device
    }
  },
}

breaks[self.name]?.()
await import("../../src/worker/entry.browser.ts")

export {}
