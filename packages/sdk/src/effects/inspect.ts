/** The effect `inspect`: what the model made of a text. */
import * as Effect from "effect/Effect"
import { CacheSalt } from "../words/CacheSalt.ts"
import { Client } from "../words/Client.ts"
import { checked } from "../words/checked.ts"
import { checkWhole } from "../words/Checks.ts"
import { type FacetError, invalidRequest } from "../words/Errors.ts"
import type { Generation } from "../words/Generation.ts"
import { readInterventions } from "../words/Intervention.ts"
import { readTextOrTokens, type TokenPrompt } from "../words/Prompt.ts"
import { Opened } from "../words/Opened.ts"
import { readSite } from "../words/Site.ts"
import {
  checkInspectAllOptions,
  checkInspectOptions,
  type InspectAllOptions,
  type InspectOptions,
  type Trace,
} from "../words/Trace.ts"

/**
 * Traces a text, taken raw (`<bos>` first, no chat template); tokens as they are, such as those of a chat that
 * `tokens.render()` gives; or a finished generation with the prompt that it answers.
 *
 * @example
 * const trace = yield* inspect("The dog sleeps.", { layer: 4 })
 * trace.tokens.map(({ token, features }) => [token, features[0]?.label])
 */
export const inspect = Effect.fn("facet.inspect")(function* (
  text: string | TokenPrompt | Generation,
  options: InspectOptions = {},
): Effect.fn.Return<Trace, FacetError, Opened> {
  const { engine, model } = (yield* Opened).text
  yield* checked(() => checkInspectOptions(options))
  const input = yield* checked(() => readText(text))
  const where = yield* checked(() => readSite(options))
  const interventions = yield* checked(() => readInterventions(options.interventions))
  return yield* engine.inspect({
    model,
    text: input,
    ...where,
    topK: options.topK,
    activations: options.activations ?? false,
    interventions,
    cacheSalt: yield* CacheSalt,
    client: yield* Client,
  })
})

/**
 * The same at every site that has an autoencoder, out of one run: a trace for each, layer by layer. What a trace of one site
 * takes is taken; the site is not among it, and neither are activations.
 *
 * @example
 * const traces = yield* inspectAll("The dog sleeps.", { topK: 3 })
 * traces.map(({ layer, site }) => `${site}, layer ${layer}`)
 */
export const inspectAll = Effect.fn("facet.inspectAll")(function* (
  text: string | TokenPrompt | Generation,
  options: InspectAllOptions = {},
): Effect.fn.Return<ReadonlyArray<Trace>, FacetError, Opened> {
  const { engine, model } = (yield* Opened).text
  yield* checked(() => checkInspectAllOptions(options))
  const input = yield* checked(() => readText(text))
  const interventions = yield* checked(() => readInterventions(options.interventions))
  const asking = { cacheSalt: yield* CacheSalt, client: yield* Client }
  return yield* engine.inspectAll({ model, text: input, topK: options.topK, interventions, ...asking })
})

/** A generation from a server that tells no tokens has none to be traced. */
function readText(text: string | TokenPrompt | Generation): string | ReadonlyArray<number> {
  if (isGeneration(text)) {
    const { completion, prompt } = text.tokens ?? {}
    if (!Array.isArray(prompt) || !Array.isArray(completion)) {
      throw invalidRequest(
        "text.tokens",
        "it has no tokens of a prompt and a completion",
        "Pass a text, or a generation as it is.",
      )
    }
    const tokens = [...prompt, ...completion]
    for (const [i, id] of tokens.entries()) checkWhole(`text.tokens[${i}]`, id)
    return tokens
  }
  return readTextOrTokens(text)
}

/** Tokens of a generation are those of its prompt and its completion; others are a list. */
const isGeneration = (text: string | TokenPrompt | Generation): text is Generation =>
  typeof text === "object" &&
  text !== null &&
  ("finishReason" in text || ("tokens" in text && !Array.isArray(text.tokens)))
