/** The effect `embed`: a text as one vector. */
import * as Effect from "effect/Effect"
import { CacheSalt } from "../words/CacheSalt.ts"
import { Client } from "../words/Client.ts"
import { checked } from "../words/checked.ts"
import { checkKnown, checkUnicode, checkWhole } from "../words/Checks.ts"
import type { Embedding, EmbedOptions } from "../words/Embedding.ts"
import type { FacetError } from "../words/Errors.ts"
import { Opened } from "../words/Opened.ts"

/**
 * The mean of `resid_post` at one layer over all tokens of a text but `<bos>`: a `Float32Array` as wide as the model,
 * not normalised. The text is taken raw, without a chat template; a text without tokens gives zeros and `tokens: 0`.
 *
 * This is a mean-pooled residual stream, and not the output of a model that was trained to embed: good to find texts
 * that are alike, and no match for an embedding model at search.
 *
 * Fails with an `InvalidRequestError` when the text is not Unicode or the model has no such layer, and with a
 * `ContextOverflowError` when the text is longer than the context.
 *
 * @example
 * const { embedding, tokens } = yield* embed("The dog sleeps.")
 */
export const embed = Effect.fn("facet.embed")(function* (
  text: string,
  options: EmbedOptions = {},
): Effect.fn.Return<Embedding, FacetError, Opened> {
  const { engine, model } = (yield* Opened).text
  yield* checked(() => checkOptions(options))
  yield* checked(() => checkUnicode("text", text))
  const asking = { cacheSalt: yield* CacheSalt, client: yield* Client }
  return yield* engine.embed({ model, text, layer: options.layer, ...asking })
})

function checkOptions(options: EmbedOptions): void {
  checkKnown(options, ["layer"])
  checkWhole("layer", options.layer)
}
