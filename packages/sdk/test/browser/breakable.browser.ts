/** The engine's worker with something broken first, by the worker's name. */
const breaks: Readonly<Record<string, () => void>> = {
  /** An older browser. */
  noWebGpu: () => Object.defineProperty(navigator, "gpu", { value: undefined }),
  noDevice: () => {
    Object.defineProperty(navigator, "gpu", { value: undefined })
    Object.defineProperty(globalThis, "WebAssembly", { value: undefined })
  },
  /** What a Content-Security-Policy without 'wasm-unsafe-eval' does. */
  noCompiling: () => {
    const refuse = (): never => {
      throw new WebAssembly.CompileError("Refused to compile or instantiate WebAssembly module")
    }
    Object.assign(WebAssembly, { Module: refuse, compile: refuse, instantiate: refuse, instantiateStreaming: refuse })
  },
  /** What Chromium does when the user blocks a site's data. */
  noStorage: () => {
    navigator.storage.getDirectory = () => Promise.reject(new DOMException("denied", "SecurityError"))
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
