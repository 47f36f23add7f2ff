/** The effect `embed`: a text as one vector. */
import * as Effect from "effect/Effect"
import type { Embedding } from "./Embedding.ts"
import type { FacetError } from "./Errors.ts"
import { checkUnicode } from "./model/Unicode.ts"
import { Opened } from "./Opened.ts"
import { checked, checkKnown, checkWhole } from "./RequestError.ts"

export interface EmbedOptions {
  /** From 0. Default: the layer two thirds of the way up, `floor(2 * layers / 3)`. */
  readonly layer?: number | undefined
}

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
  const { engine, text: model } = yield* Opened
  yield* checked(() => checkOptions(options))
  yield* checked(() => checkUnicode("text", text))
  return yield* engine.embed({ model, text, layer: options.layer })
})

function checkOptions(options: EmbedOptions): void {
  checkKnown(options, ["layer"])
  checkWhole("layer", options.layer)
}
