/** The effects `inspect` and `score`: what the model made of a text. */
import * as Effect from "effect/Effect"
import { type FacetError, invalidRequest } from "./Errors.ts"
import type { Generation } from "./Generation.ts"
import { parseSite, type Site } from "./graph/Sites.ts"
import { checkUnicode } from "./model/Unicode.ts"
import { Opened } from "./Opened.ts"
import { checked, checkKnown, checkWhole } from "./RequestError.ts"
import type { Score } from "./Score.ts"
import type { Trace } from "./Trace.ts"

export interface InspectOptions {
  /** From 0. Default: the latest layer that has an autoencoder. */
  readonly layer?: number | undefined
  /** `resid_post`, `attn_z` or `mlp_out`, or TransformerLens' name of it. Default: `resid_post`. */
  readonly site?: string | undefined
  /** Features a token, strongest first. Default 5. 0 leaves the features out, and needs no autoencoder. */
  readonly topK?: number | undefined
  /** Whether the trace carries the site's tensor itself. */
  readonly activations?: boolean | undefined
}

/**
 * Traces a text, taken raw (`<bos>` first, no chat template), or a finished generation with the prompt that it answers.
 *
 * @example
 * const trace = yield* inspect("The dog sleeps.", { layer: 4 })
 * trace.tokens.map(({ token, features }) => [token, features[0]?.label])
 */
export const inspect = Effect.fn("facet.inspect")(function* (
  text: string | Generation,
  options: InspectOptions = {},
): Effect.fn.Return<Trace, FacetError, Opened> {
  const { engine, text: model } = yield* Opened
  yield* checked(() => checkOptions(options))
  const input = yield* checked(() => readText(text))
  const where = yield* checked(() => readSite(options))
  return yield* engine.inspect({
    model,
    text: input,
    ...where,
    topK: options.topK,
    activations: options.activations ?? false,
  })
})

/**
 * The log-probability of each token of a text, taken raw, given those before it.
 *
 * @example
 * const { perplexity } = yield* score("The dog sleeps.")
 */
export const score = Effect.fn("facet.score")(function* (text: string): Effect.fn.Return<Score, FacetError, Opened> {
  const { engine, text: model } = yield* Opened
  yield* checked(() => checkUnicode("text", text))
  return yield* engine.score({ model, text })
})

function checkOptions(options: InspectOptions): void {
  checkKnown(options, ["layer", "site", "topK", "activations"])
  checkWhole("topK", options.topK)
  const activations: unknown = options.activations
  if (activations !== undefined && typeof activations !== "boolean") {
    throw invalidRequest("activations", `${typeof activations} where true or false is expected`, "Pass true or false.")
  }
}

function readText(text: string | Generation): string | ReadonlyArray<number> {
  if (typeof text === "object" && text !== null && "tokens" in text) {
    const { completion, prompt } = text.tokens ?? {}
    if (!Array.isArray(prompt) || !Array.isArray(completion)) {
      throw invalidRequest(
        "text.tokens",
        "it has no tokens of a prompt and a completion",
        "Pass a text, or a generation as it is.",
      )
    }
    const tokens = [...text.tokens.prompt, ...text.tokens.completion]
    for (const [i, id] of tokens.entries()) checkWhole(`text.tokens[${i}]`, id)
    return tokens
  }
  checkUnicode("text", text)
  return text
}

/** A layer alone, a site alone, both or neither. */
export const readSite = ({ layer, site }: Pick<InspectOptions, "layer" | "site">): Partial<Site> => {
  checkWhole("layer", layer)
  if (site !== undefined) return parseSite(site, layer)
  return layer === undefined ? {} : { layer }
}
