/** `providerOptions.facet`: what it may hold, and how it is read. */
import type { SharedV4ProviderOptions } from "@ai-sdk/provider"
import {
  checkKnown,
  checkOneOf,
  checkWhole,
  type GenerateOptions,
  readGenerateOptions,
  readGuardOptions,
} from "@facet/sdk/words"
import { type ElsewhereName, facetPath, languageModelOptionNames } from "./OptionNames.ts"
import { toProviderError } from "./toProviderError.ts"

/**
 * What `providerOptions.facet` of a text generation may hold: every option of `facet.generate` that a call of the AI SDK
 * has no place for. `trace` and `guard` come as `custom` parts `facet.trace` and `facet.verdict`, `logprobs` in the
 * finish's metadata; `minP` needs a `temperature` above 0.
 */
export interface FacetLanguageModelOptions extends Omit<GenerateOptions, ElsewhereName> {}

/** What `providerOptions.facet` of a decision may hold. */
export interface FacetDecisionModelOptions {
  /**
   * Whom to ask. Default: the guard where a boolean question is one of its policies, and the model that writes all else.
   * `text`: the model that writes, everything; `guard`: the guard, for which every boolean question is a policy.
   */
  readonly ask?: "text" | "guard" | undefined
  /** How the guard judges the state: as what a user wrote (`prompt`, the default) or a chatbot answered (`response`). */
  readonly judge?: "prompt" | "response" | undefined
}

/** What `providerOptions.facet` of an embedding may hold. */
export interface FacetEmbeddingModelOptions {
  /** The layer whose residual stream is pooled, from 0. */
  readonly layer?: number | undefined
}

/**
 * @param check throws for what is wrong with options whose names are known: what is misspelt must not be ignored in
 * silence.
 * @returns a function that throws an InvalidArgumentError which names the option.
 */
const reader =
  <Options extends object>(names: ReadonlyArray<string>, check: (options: Options) => void) =>
  (providerOptions: SharedV4ProviderOptions | undefined): Options | Partial<Options> => {
    const given: unknown = providerOptions?.["facet"]
    if (given === undefined || given === null) return {}
    try {
      checkKnown(given, names, facetPath)
      // Its names are known, and `check` sees to its values.
      const options = given as Options
      check(options)
      return options
    } catch (error) {
      throw toProviderError(error)
    }
  }

export const readLanguageModelOptions: (
  providerOptions: SharedV4ProviderOptions | undefined,
) => FacetLanguageModelOptions = reader(languageModelOptionNames, (options: FacetLanguageModelOptions) => {
  readGenerateOptions(options)
  const { guard } = options
  if (guard !== undefined && typeof guard !== "boolean") readGuardOptions(guard)
})

export const readDecisionModelOptions: (
  providerOptions: SharedV4ProviderOptions | undefined,
) => FacetDecisionModelOptions = reader(["ask", "judge"], ({ ask, judge }: FacetDecisionModelOptions) => {
  checkOneOf(`${facetPath}.ask`, ask, ["text", "guard"])
  checkOneOf(`${facetPath}.judge`, judge, ["prompt", "response"])
})

export const readEmbeddingModelOptions: (
  providerOptions: SharedV4ProviderOptions | undefined,
) => FacetEmbeddingModelOptions = reader(["layer"], ({ layer }: FacetEmbeddingModelOptions) =>
  checkWhole(`${facetPath}.layer`, layer),
)
