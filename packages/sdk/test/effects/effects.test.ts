/** The same effects for people who use Effect. */
import { assert, layer } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import { Facet, generate, inspect, Opened, score, shield, stream } from "../../src/index.ts"

layer(Facet.layer(), { excludeTestServices: true })("the Effect face", (it) => {
  it.effect("composes: a story, its verdict, its trace", () =>
    Effect.gen(function* () {
      const story = yield* generate("Tell me a story about a fox.", { maxTokens: 20 })
      const verdict = yield* shield(story)
      const trace = yield* inspect(story)
      const { perplexity } = yield* score(story.text)
      assert.strictEqual(verdict.policies.length, 4)
      assert.strictEqual(trace.tokens.length, story.tokens!.prompt.length + story.tokens!.completion.length)
      assert.isAbove(perplexity ?? 0, 1)
    }),
  )

  it.effect("fails with typed errors", () =>
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
    }),
  )

  it.effect("interrupts down to the decode loop", () =>
    Effect.gen(function* () {
      const { engine } = (yield* Opened).text
      const endless = { template: "none", logitBias: { 1: -100, 107: -100 } } as const
      const said = yield* Deferred.make<void>()
      const parts = Stream.runForEach(stream("word ".repeat(100), endless), () => Deferred.succeed(said, undefined))
      const fiber = yield* Effect.forkChild(parts)
      yield* Deferred.await(said)
      assert.strictEqual((yield* engine.stats).requests, 1)
      yield* Fiber.interrupt(fiber)
      // It would have gone on for hundreds of tokens more.
      yield* generate("And then", { ...endless, maxTokens: 20 })
      assert.strictEqual((yield* engine.stats).requests, 0)
    }),
  )

  it.effect("gives every effect a span", () =>
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
    }),
  )
})
