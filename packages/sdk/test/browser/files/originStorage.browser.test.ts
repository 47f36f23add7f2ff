/** What a browser says where it gives no storage, and what Facet makes of it. */
import { afterEach, expect, test, vi } from "vitest"
import { originStorage, storageError } from "../../../src/files/opfs/originStorage.browser.ts"
import { StorageError } from "../../../src/words/Errors.ts"
import { platform } from "../../../src/worker/platform.browser.ts"
import { Facet } from "../../../src/index.ts"

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

test.each(["SecurityError", "NotAllowedError", "UnknownError", "NotSupportedError"])(
  "storage that is denied as %s has a way round it",
  (name) => {
    expect(storageError(new DOMException("no", name)).message).toMatch(/switched off.*storage: "none"/)
  },
)

test("so has one that is denied as a TypeError, or fails in a way of its own", () => {
  expect(storageError(new TypeError("no")).message).toMatch(/switched off.*storage: "none"/)
  expect(storageError(new DOMException("no", "InvalidStateError")).message).toMatch(/storage: "none"/)
})

test("a secure page without storage is not told to become secure", () => {
  vi.stubGlobal("navigator", {})
  expect(() => originStorage()).toThrow(StorageError)
  expect(() => originStorage()).toThrow(/switched off/)
  vi.stubGlobal("isSecureContext", false)
  expect(() => originStorage()).toThrow(/https.*storage: "none"/)
})

test("a browser is asked to keep what will be stored, once, and nothing where nothing is", async () => {
  const persist = vi.spyOn(navigator.storage, "persist").mockResolvedValue(true)
  vi.spyOn(navigator.storage, "persisted").mockResolvedValue(false)
  const open = (storage: "none" | "persistent") =>
    Facet.open({ model: "/nothing-here/", storage, device: "wasm" }).catch(() => undefined)
  await open("none")
  expect(persist).not.toHaveBeenCalled()
  await open("persistent")
  await open("persistent")
  platform.keepDownloads()
  expect(persist).toHaveBeenCalledTimes(1)
})
