import { assert, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Scheduler } from "../../src/engine/Scheduler.ts"
import { Waits } from "../../src/engine/Waits.ts"

it("waits are counted by how long they were, and what was told stays as it was", () => {
  const waits = new Waits()
  for (const seconds of [0, 0.03, 100]) waits.add(seconds)
  const { told } = waits
  waits.add(1)
  assert.deepInclude(told, { count: 3, seconds: 100.03 })
  const atMost = (bound: number) => told.counts[told.bounds.indexOf(bound)]
  assert.deepStrictEqual([atMost(0.001), atMost(0.05), atMost(60)], [1, 2, 2])
})

it.live("whoever waits for a place is counted until he has it, or gives up", () =>
  Effect.gen(function* () {
    const scheduler = new Scheduler({ queue: 8, active: 1 })
    const done = yield* Deferred.make<void>()
    const first = yield* Effect.forkChild(
      scheduler.admit(() => Deferred.await(done)),
      { startImmediately: true },
    )
    const second = yield* Effect.forkChild(
      scheduler.admit(() => Effect.void),
      { startImmediately: true },
    )
    const third = yield* Effect.forkChild(
      scheduler.admit(() => Effect.void),
      { startImmediately: true },
    )
    assert.deepStrictEqual([scheduler.admitted, scheduler.waiting, scheduler.waits.count], [3, 2, 1])
    yield* Fiber.interrupt(third)
    assert.strictEqual(scheduler.waiting, 1)
    yield* Deferred.succeed(done, undefined)
    yield* Fiber.join(first)
    yield* Fiber.join(second)
    assert.deepStrictEqual([scheduler.admitted, scheduler.waiting, scheduler.waits.count], [0, 0, 2])
  }),
)
