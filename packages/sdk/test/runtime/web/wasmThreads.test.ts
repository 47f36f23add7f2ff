import { assert, it } from "vitest"
import { wasmThreads } from "../../../src/runtime/web/wasmThreads.ts"

const isolated = { crossOriginIsolated: true, SharedArrayBuffer, navigator: { hardwareConcurrency: 4 } }

it("is one a core, as wanted, and never more than help", () => {
  assert.strictEqual(wasmThreads(undefined, isolated), 4)
  assert.strictEqual(wasmThreads(2, isolated), 2)
  assert.strictEqual(wasmThreads(undefined, { ...isolated, navigator: { hardwareConcurrency: 64 } }), 8)
})

it("is one where memory cannot be shared, whatever the page or the settings say", () => {
  for (const place of [
    { ...isolated, crossOriginIsolated: false },
    { ...isolated, SharedArrayBuffer: undefined },
    {},
  ]) {
    assert.strictEqual(wasmThreads(undefined, place), 1)
    assert.strictEqual(wasmThreads(4, place), 1)
  }
})

it("is one where the browser does not tell its cores", () => {
  assert.strictEqual(wasmThreads(undefined, { ...isolated, navigator: {} }), 1)
})
