/** How Effect's language model generates with Facet: what its own options have no place for. */
import * as Context from "effect/Context"
import { checkKnown } from "../../words/Checks.ts"
import type { GenerateOptions } from "../../words/GenerateOptions.ts"
import { type SamplingOptions, samplingOptionNames } from "../../words/Sampling.ts"

/** How tokens are chosen (`SamplingOptions`), when an answer ends, whether it may hold several calls, and its guard. */
export interface FacetConfigOptions
  extends
    SamplingOptions,
    Pick<GenerateOptions, "maxTokens" | "minTokens" | "stop" | "stopTokens" | "parallelToolCalls" | "guard"> {}

/**
 * Options of the calls within, over those of `facetLanguageModel(options)`: each that is set here wins there.
 *
 * @example
 * const sure = LanguageModel.generateText({ prompt: "Tell me a story." }).pipe(
 *   Effect.provideService(FacetConfig, { temperature: 0, maxTokens: 20 }),
 * )
 */
export const FacetConfig = Context.Reference<FacetConfigOptions>("@facet/sdk/ai/FacetConfig", {
  defaultValue: () => ({}),
})

const names = [...samplingOptionNames, "maxTokens", "minTokens", "stop", "stopTokens", "parallelToolCalls", "guard"]

/**
 * The two in one; an option that is undefined is not set.
 *
 * @throws InvalidRequestError that names an option which has no effect here
 */
export function mergeConfig(layer: FacetConfigOptions, call: FacetConfigOptions): FacetConfigOptions {
  checkKnown(layer, names)
  checkKnown(call, names)
  return { ...layer, ...Object.fromEntries(Object.entries(call).filter(([, value]) => value !== undefined)) }
}
