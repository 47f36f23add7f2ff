import { afterEach, assert, beforeEach, describe, it, vi } from "vitest"
import { Throttle } from "../../src/store/Throttle.ts"

describe("a throttle", () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  const record = () => {
    const passed: Array<number> = []
    return { passed, throttle: new Throttle<number>((value) => passed.push(value), 20) }
  }

  it("passes the first value at once and the latest one after the interval, also when no more come", () => {
    const { passed, throttle } = record()
    for (const value of [1, 2, 3]) throttle.push(value)
    assert.deepStrictEqual(passed, [1])
    vi.advanceTimersByTime(20)
    assert.deepStrictEqual(passed, [1, 3])
    throttle.push(4)
    assert.deepStrictEqual(passed, [1, 3])
    vi.advanceTimersByTime(100)
    throttle.push(5)
    assert.deepStrictEqual(passed, [1, 3, 4, 5])
  })

  it("passes what it holds when it is flushed, and drops it when it is cancelled", () => {
    const { passed, throttle } = record()
    throttle.push(1)
    throttle.push(2)
    throttle.flush()
    throttle.push(3)
    throttle.push(4)
    throttle.cancel()
    vi.advanceTimersByTime(100)
    assert.deepStrictEqual(passed, [1, 2, 3])
  })
})
