import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { readSize } from "../../src/readSize.ts"
import { MemoryWatch } from "../../src/serve/MemoryWatch.ts"
import { UsageError } from "../../src/UsageError.ts"

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test("whoever takes more memory than allowed is told of, and before he serves refused", () => {
  let taken = 50
  const over = vi.fn<() => void>()
  using watch = new MemoryWatch(100, over, () => taken)
  watch.begin()
  vi.advanceTimersByTime(10_000)
  expect(over).not.toHaveBeenCalled()
  taken = 200
  vi.advanceTimersByTime(2000)
  expect(over).toHaveBeenCalledOnce()
  using large = new MemoryWatch(100, over, () => taken)
  expect(() => large.begin()).toThrow("--max-memory: the process takes 200 bytes with the model open, and may have 100")
  new MemoryWatch(undefined, over, () => Infinity).begin()
})

test("sizes have units, of tens and of twos", () => {
  const sizes = ["1000", "6GB", "6 gb", "1.5GiB", "512MB", "2kib"].map((size) => readSize("max-memory", size))
  expect(sizes).toStrictEqual([1000, 6e9, 6e9, 1.5 * 2 ** 30, 512e6, 2048])
  for (const size of ["", "0", "GB", "-1GB", "6 elephants", "1e9"]) {
    expect(() => readSize("max-memory", size)).toThrow(UsageError)
  }
})
