/** Who has a permit when there are fewer than are asked for. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { assert, describe, it } from "vitest"
import { type Claim, FairLock } from "../../src/engine/FairLock.ts"

/** Work that holds a permit until it is told to end, and is named in `order` when it begins. */
const worker = (lock: FairLock, order: Array<string>) =>
  Effect.fn(function* (name: string, claim: Claim = {}) {
    const end = yield* Deferred.make<void>()
    const work = lock.withPermit(
      () =>
        Effect.andThen(
          Effect.sync(() => void order.push(name)),
          Deferred.await(end),
        ),
      claim,
    )
    const fiber = yield* Effect.forkChild(work, { startImmediately: true })
    return { fiber, end: Effect.andThen(Deferred.succeed(end, undefined), Fiber.await(fiber)) }
  })

const run = <A, E>(test: Effect.Effect<A, E>) => Effect.runPromise(test)

describe("permits", () => {
  it("are handed over in the order in which nobody in particular asked", () =>
    run(
      Effect.gen(function* () {
        const order: Array<string> = []
        const begin = worker(new FairLock(1), order)
        const workers = []
        for (const name of ["a", "b", "c"]) workers.push(yield* begin(name))
        for (const { end } of workers) yield* end
        assert.deepStrictEqual(order, ["a", "b", "c"])
      }),
    ))

  it("go to the owner who holds fewest, however many another asks for before", () =>
    run(
      Effect.gen(function* () {
        const order: Array<string> = []
        const begin = worker(new FairLock(3), order)
        const nobody = [yield* begin("1"), yield* begin("2"), yield* begin("3")]
        for (let at = 0; at < 20; at++) yield* begin(`a${at}`, { owner: "a" })
        yield* begin("b", { owner: "b" })
        yield* nobody[0]!.end
        assert.deepStrictEqual(order.slice(3), ["a0"])
        yield* nobody[1]!.end
        assert.deepStrictEqual(order.slice(3), ["a0", "b"])
      }),
    ))

  it("are never all in the hands of one owner who is known, where there are several", () =>
    run(
      Effect.gen(function* () {
        const order: Array<string> = []
        const begin = worker(new FairLock(3), order)
        const [first] = [
          yield* begin("a0", { owner: "a" }),
          yield* begin("a1", { owner: "a" }),
          yield* begin("a2", { owner: "a" }),
        ]
        assert.deepStrictEqual(order, ["a0", "a1"])
        const other = yield* begin("b", { owner: "b" })
        assert.deepStrictEqual(order, ["a0", "a1", "b"])
        yield* other.end
        assert.deepStrictEqual(order, ["a0", "a1", "b"])
        // What belongs to a request that is under way waits for nobody.
        yield* begin("nested", { owner: "a", isUrgent: true })
        assert.deepStrictEqual(order, ["a0", "a1", "b", "nested"])
        yield* first!.end
        assert.deepStrictEqual(order, ["a0", "a1", "b", "nested"])
      }),
    ))

  it("go on when one who waits gives up, and when one who holds is interrupted", () =>
    run(
      Effect.gen(function* () {
        const order: Array<string> = []
        const begin = worker(new FairLock(2), order)
        const a = yield* begin("a", { owner: "a" })
        const waits = yield* begin("a1", { owner: "a" })
        yield* Fiber.interrupt(waits.fiber)
        const b = yield* begin("b", { owner: "b" })
        yield* begin("c", { owner: "c" })
        yield* begin("a2", { owner: "a" })
        yield* Fiber.interrupt(b.fiber)
        assert.deepStrictEqual(order, ["a", "b", "c"])
        yield* a.end
        assert.deepStrictEqual(order, ["a", "b", "c", "a2"])
      }),
    ))
})
