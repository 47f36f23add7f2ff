/** Where the AI SDK has Facet's options: those that a call has a place for, and the rest in `providerOptions.facet`. */
import type { LanguageModelV4CallOptions } from "@ai-sdk/provider"
import { type GenerateOptions, generateOptionNames } from "@facet/sdk/words"

/** Options that a call of the AI SDK has by itself, and its names for them. */
const callNames = {
  maxTokens: "maxOutputTokens",
  stop: "stopSequences",
  temperature: "temperature",
  topK: "topK",
  topP: "topP",
  presencePenalty: "presencePenalty",
  frequencyPenalty: "frequencyPenalty",
  seed: "seed",
} as const satisfies { readonly [Name in keyof GenerateOptions]?: keyof LanguageModelV4CallOptions }

/** Of a call itself: a schema stands in its `responseFormat`, and a chat has its template. */
export type ElsewhereName = keyof typeof callNames | "schema" | "template" | "tools" | "toolChoice"

const elsewhere: ReadonlyArray<string> = [...Object.keys(callNames), "schema", "template", "tools", "toolChoice"]

/** The options of `providerOptions.facet`: one that Facet has tomorrow is one here. */
export const languageModelOptionNames: ReadonlyArray<string> = generateOptionNames.filter(
  (name) => !elsewhere.includes(name),
)

export const facetPath = "providerOptions.facet"

/**
 * An option as whoever calls the AI SDK wrote it.
 *
 * @example
 * argumentOf("stop[0]") // => "stopSequences[0]"
 * argumentOf("minP") // => "providerOptions.facet.minP"
 */
export function argumentOf(option: string): string {
  const names: Readonly<Record<string, string>> = {
    ...callNames,
    schema: "responseFormat.schema",
    policies: `${facetPath}.guard.policies`,
  }
  return option.replace(/^\w+/, (name) => {
    if (Object.hasOwn(names, name)) return names[name] ?? name
    return languageModelOptionNames.includes(name) || name === "layer" ? `${facetPath}.${name}` : name
  })
}
