import { assert, describe, it } from "vitest"
import { runInSlices } from "../../src/words/runInSlices.ts"
import type { Sliced } from "../../src/words/Sliced.ts"

function* counting(most: number): Sliced<number> {
  for (let count = 0; count < most; count++) {
    const until = performance.now() + 1
    while (performance.now() < until);
    yield
  }
  return most
}

describe("work in slices", () => {
  it("gives what it comes to, and lets others run in between", async () => {
    let others = 0
    const tick = setInterval(() => others++, 0)
    assert.strictEqual(await runInSlices(counting(40)), 40)
    clearInterval(tick)
    assert.isAbove(others, 1)
  })

  it("fails as the work does", async () => {
    // oxlint-disable-next-line require-yield -- it fails before
    const failing = function* (): Sliced<never> {
      throw new RangeError("no")
    }
    const error = await runInSlices(failing()).catch((error: unknown) => error)
    assert.instanceOf(error, RangeError)
  })
})
