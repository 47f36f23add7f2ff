/** What Effect's `Tokenizer` promises over an open Facet. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Tokenizer from "effect/ai/Tokenizer"
import { facetTokenizer } from "../../../src/effects/ai/index.ts"
import { Facet, tokens } from "../../../src/index.ts"

const chat = [
  { role: "user", content: "Hello!" },
  { role: "assistant", content: "Hi." },
  { role: "user", content: "Who are you?" },
] as const

layer(Layer.provideMerge(facetTokenizer, Facet.layer()), { excludeTestServices: true })("facetTokenizer", (it) => {
  it.effect("gives the tokens that a generation reads", () =>
    Effect.gen(function* () {
      const { tokenize } = yield* Tokenizer.Tokenizer
      for (const prompt of ["Hello!", chat]) {
        assert.deepStrictEqual(yield* tokenize(prompt), [...(yield* tokens.render(prompt)).tokens])
      }
      assert.deepStrictEqual(yield* tokenize([]), [])
    }),
  )

  it.effect("keeps the last messages that fit, from one of the user's", () =>
    Effect.gen(function* () {
      const { tokenize, truncate } = yield* Tokenizer.Tokenizer
      const all = (yield* tokenize(chat)).length
      const lengthAt = (limit: number) => Effect.map(truncate(chat, limit), ({ content }) => content.length)
      assert.strictEqual(yield* lengthAt(all), 3)
      assert.strictEqual(yield* lengthAt(all - 1), 1)
      assert.strictEqual(yield* lengthAt((yield* tokenize("Who are you?")).length), 1)
      assert.strictEqual(yield* lengthAt(1), 0)
      // What the context does not hold is dropped, whatever the limit.
      const long = [{ role: "user", content: "word ".repeat(20_000) }, ...chat.slice(1)] as const
      assert.strictEqual((yield* truncate(long, Number.MAX_SAFE_INTEGER)).content.length, 1)
      assert.include((yield* Effect.flip(truncate(chat, NaN))).message, "tokens: ")
    }),
  )

  it.effect("refuses files by their path", () =>
    Effect.gen(function* () {
      const { tokenize } = yield* Tokenizer.Tokenizer
      const file = { type: "file", mediaType: "image/png", data: new Uint8Array([1]) } as const
      const error = yield* Effect.flip(tokenize([{ role: "user", content: [file] }]))
      assert.include(error.message, "Tokenizer.tokenize: ")
      assert.include(error.message, "prompt[0].content[0]: it is a file (image/png)")
    }),
  )
})
