/** The engine's client, against a thread that says what it is told to say. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Engine } from "../../src/words/Engine.ts"
import { InvalidRequestError } from "../../src/index.ts"
import { layerClient, type ThreadEvents } from "../../src/worker/layerClient.ts"
import type { AppMessage } from "../../src/worker/Protocol.ts"

const model = { source: "nowhere", use: "text" } as const
const request = { model, prompt: "x", traces: [] }

/** A thread on which nothing runs. */
class IdleThread {
  readonly heard: Array<AppMessage> = []
  events: ThreadEvents | undefined
  isBusy = false

  readonly layer = layerClient((events) => {
    this.events = events
    return {
      post: (message) => void this.heard.push(structuredClone(message)),
      keepAlive: (isBusy) => void (this.isBusy = isBusy),
      end: async () => {},
    }
  })

  count(kind: AppMessage["kind"]): number {
    return this.heard.filter((message) => message.kind === kind).length
  }
}

describe("the engine's client", () => {
  it.live("asks for more parts only when the reader has taken those that came", () => {
    const thread = new IdleThread()
    return Effect.gen(function* () {
      const engine = yield* Engine
      const parts = Array.from({ length: 10 }, () => ({ type: "text", text: "x", tokens: [1] }))
      let taken = 0
      const reading = Stream.runForEach(engine.generate(request), () =>
        Effect.andThen(
          Effect.sync(() => void taken++),
          Effect.never,
        ),
      )
      yield* Effect.forkScoped(reading, { startImmediately: true })
      yield* Effect.sleep(1)
      for (let i = 0; i < 10; i++) {
        thread.events?.onMessage({ kind: "parts", call: 1, parts })
        yield* Effect.sleep(1)
      }
      assert.strictEqual(taken, 1)
      assert.isAtMost(thread.count("taken"), 3)
    }).pipe(Effect.scoped, Effect.provide(thread.layer))
  })

  it.effect("names what cannot travel to the engine, and waits for nothing", () => {
    const thread = new IdleThread()
    return Effect.gen(function* () {
      const engine = yield* Engine
      const error = yield* Effect.flip(engine.score({ model, text: (() => "x") as unknown as string }))
      assert.instanceOf(error, InvalidRequestError)
      assert.isFalse(thread.isBusy)
    }).pipe(Effect.provide(thread.layer))
  })
})
