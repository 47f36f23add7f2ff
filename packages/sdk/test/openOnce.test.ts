/** One Facet for all who ask for the same. */
import { assert, describe, it } from "vitest"
import { ClosedError, Facet, InvalidRequestError, ModelNotFoundError, openOnce } from "../src/index.ts"
import { failureOf } from "./fixtures/failure.ts"

describe("openOnce", () => {
  it("opens one Facet for equal options, and closes it when the last one is done", async () => {
    const first = openOnce({ model: "tiny", queue: 9 })
    const second = openOnce({ queue: 9, model: "tiny" })
    const [facet, same] = await Promise.all([first.get(), second.get()])
    assert.strictEqual(facet, same)
    await first.dispose()
    assert.isFalse((await facet.shield("Good morning.")).policies.length === 0)
    await second.dispose()
    assert.instanceOf(await failureOf(facet.stats()), ClosedError)
  })

  it("opens another for other options, and nothing before it is asked", async () => {
    await using one = openOnce({ queue: 7 })
    await using other = openOnce({ queue: 8 })
    assert.notStrictEqual(await one.get(), await other.get())
  })

  it("hands an open Facet through, and leaves it open", async () => {
    await using facet = await Facet.open()
    const shared = openOnce(facet)
    assert.strictEqual(await shared.get(), facet)
    await shared.dispose()
    assert.strictEqual((await facet.stats()).requests, 0)
  })

  it("tries again after a failure", async () => {
    await using shared = openOnce({ model: "/nowhere/at/all" })
    assert.instanceOf(await failureOf(shared.get()), ModelNotFoundError)
    assert.instanceOf(await failureOf(shared.get()), ModelNotFoundError)
  })

  it("waits no longer than its caller, and opens for the others all the same", async () => {
    await using shared = openOnce({ queue: 11 })
    const patient = shared.get()
    const failure = await failureOf(shared.get({ signal: AbortSignal.timeout(1) }))
    assert.strictEqual(failure instanceof DOMException && failure.name, "TimeoutError")
    assert.isTrue((await patient) instanceof Facet)
  })

  it("is done after dispose", async () => {
    const shared = openOnce()
    await shared.dispose()
    assert.instanceOf(await failureOf(shared.get()), ClosedError)
  })

  it("refuses what is neither", () => {
    // What TypeScript refuses, JavaScript can still write.
    assert.throws(() => openOnce("tiny" as unknown as object), InvalidRequestError)
  })
})
