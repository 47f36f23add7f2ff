/** The effects on tokens: how a model reads a text or a chat, without running it. */
import * as Effect from "effect/Effect"
import { CacheSalt } from "../words/CacheSalt.ts"
import { Client } from "../words/Client.ts"
import { checked } from "../words/checked.ts"
import { checkUnicode } from "../words/Checks.ts"
import type { FacetError } from "../words/Errors.ts"
import { Opened } from "../words/Opened.ts"
import { checkTokens, type Prompt } from "../words/Prompt.ts"
import {
  checkEncodeOptions,
  checkRenderOptions,
  type EncodeOptions,
  type RenderedPrompt,
  type RenderOptions,
} from "../words/RenderedPrompt.ts"
import { promptOf, toolUse } from "./generate.ts"

/** The engine, and what every request for it begins with. */
const asking = Effect.gen(function* () {
  const { engine, model } = (yield* Opened).text
  return { engine, request: { model, cacheSalt: yield* CacheSalt, client: yield* Client } }
})

const render = Effect.fn("facet.tokens.render")(function* (
  prompt: Prompt,
  options: RenderOptions = {},
): Effect.fn.Return<RenderedPrompt, FacetError, Opened> {
  yield* checked(() => checkRenderOptions(options))
  const use = yield* toolUse(prompt, {}, (yield* Opened).description.toolFormat)
  const read = yield* checked(() => promptOf(prompt, use))
  const { engine, request } = yield* asking
  return yield* engine.render({ ...request, ...options, ...read })
})

const count = (prompt: Prompt, options: RenderOptions = {}): Effect.Effect<number, FacetError, Opened> =>
  Effect.map(render(prompt, options), ({ tokens }) => tokens.length)

const encode = (text: string, options: EncodeOptions = {}): Effect.Effect<ReadonlyArray<number>, FacetError, Opened> =>
  Effect.flatMap(
    checked(() => {
      checkEncodeOptions(options)
      checkUnicode("text", text)
    }),
    () =>
      Effect.map(render(text, { template: "none" }), ({ tokens }) =>
        options.bos === false ? tokens.slice(1) : tokens,
      ),
  )

const decode = Effect.fn("facet.tokens.decode")(function* (
  ids: ReadonlyArray<number>,
): Effect.fn.Return<string, FacetError, Opened> {
  if (Array.isArray(ids) && ids.length === 0) return ""
  yield* checked(() => checkTokens("ids", ids))
  const { engine, request } = yield* asking
  return yield* engine.detokenise({ ...request, tokens: [...ids] })
})

/**
 * How the model reads a text or a chat, without running it.
 *
 * - `count(prompt, options?)`: how many tokens `generate` would read, its `usage.promptTokens`.
 * - `encode(text, { bos })`: the ids of a text, in which control tokens that are spelt out are plain text; `<bos>` first
 *   unless `bos` is false.
 * - `decode(ids)`: their text, without control tokens: `decode(encode(text))` is the text.
 * - `render(prompt, options?)`: a chat in the model's template, as ids and as text; it can be generated from, scored and
 *   inspected. `addGenerationPrompt: false` leaves out the opening of the model's turn.
 *
 * All fail with an `InvalidRequestError` for what is no prompt, or for an id that the model has not, and with a
 * `ContextOverflowError` for a text that cannot fit.
 *
 * @example
 * const chat = [{ role: "user", content: "Hello" }, { role: "assistant", content: "Hi." }] as const
 * const rendered = yield* tokens.render(chat, { addGenerationPrompt: false })
 * const { perplexity } = yield* score(rendered)
 */
export const tokens = { count, encode, decode, render } as const
