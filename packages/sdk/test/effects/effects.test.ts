/** The same effects for people who use Effect. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import { Facet, generate, inspect, Opened, score, shield, stream } from "../../src/index.ts"

describe("the Effect face", () => {
  it.live("composes: a story, its verdict, its trace", () =>
    Effect.gen(function* () {
      const story = yield* generate("Tell me a story about a fox.", { maxTokens: 20 })
      const verdict = yield* shield(story)
      const trace = yield* inspect(story)
      const { perplexity } = yield* score(story.text)
      assert.strictEqual(verdict.policies.length, 4)
      assert.strictEqual(trace.tokens.length, story.tokens!.prompt.length + story.tokens!.completion.length)
      assert.isAbove(perplexity ?? 0, 1)
    }).pipe(Effect.provide(Facet.layer())),
  )

  it.live("fails with typed errors", () =>
    Effect.gen(function* () {
      const option = yield* generate("x", { temperature: -1 }).pipe(
        Effect.as("none"),
        Effect.catchTag("InvalidRequestError", (error) => Effect.succeed(error.option)),
      )
      assert.strictEqual(option, "temperature")
      const missing = yield* Effect.flip(
        Effect.provide(generate("x"), Facet.layer({ model: "./no/such/folder" }), { local: true }),
      )
      assert.strictEqual(missing._tag, "ModelNotFoundError")
    }).pipe(Effect.provide(Facet.layer())),
  )

  it.live("interrupts down to the decode loop", () =>
    Effect.gen(function* () {
      const { engine } = (yield* Opened).text
      const endless = { template: "none", logitBias: { 1: -100, 107: -100 } } as const
      const fiber = yield* Effect.forkChild(Stream.runDrain(stream("word ".repeat(100), endless)))
      yield* Effect.sleep("50 millis")
      assert.strictEqual((yield* engine.stats).requests, 1)
      yield* Fiber.interrupt(fiber)
      yield* Effect.sleep("50 millis")
      assert.strictEqual((yield* engine.stats).requests, 0)
    }).pipe(Effect.provide(Facet.layer())),
  )

  it.live("gives every effect a span", () =>
    Effect.gen(function* () {
      const names: Array<string> = []
      const tracer = Tracer.make({
        span: (options) => {
          names.push(options.name)
          return new Tracer.NativeSpan(options)
        },
      })
      yield* Effect.withTracer(Effect.all([generate("Hi", { maxTokens: 1 }), shield("Hi"), inspect("Hi")]), tracer)
      for (const name of ["facet.generate", "facet.shield", "facet.inspect"]) assert.include(names, name)
    }).pipe(Effect.provide(Facet.layer())),
  )
})
