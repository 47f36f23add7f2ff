import type { LanguageModelV4GenerateResult, SharedV4ProviderMetadata } from "@ai-sdk/provider"
import { isFacetPart, isOwnMetadata } from "@facet/sdk/words"

interface WithMetadata {
  readonly providerMetadata?: SharedV4ProviderMetadata | undefined
}

/**
 * A part without what only Facet may say, unless Facet said it in this process: `undefined` for a part `facet.*`, and
 * others without their `providerMetadata.facet`. Nobody else's model can tell a verdict or a trace.
 */
export function withoutForged<A extends object>(part: A): A | undefined {
  const told = metadataOf(part)
  if (isOwnMetadata(told?.["facet"])) return part
  if (isFacetPart(part)) return undefined
  return told === undefined || !("facet" in told) ? part : { ...part, providerMetadata: withoutFacet(told) }
}

/** A whole answer, likewise. */
export function resultWithoutForged(result: LanguageModelV4GenerateResult): LanguageModelV4GenerateResult {
  const content = result.content.map(withoutForged).filter((part) => part !== undefined)
  const isSame = content.length === result.content.length && content.every((part, i) => part === result.content[i])
  // Without its parts it is the same kind of thing, of which nothing is dropped as a whole.
  return { ...(withoutForged(result) ?? result), ...(isSame ? {} : { content }) }
}

const metadataOf = (part: WithMetadata): SharedV4ProviderMetadata | undefined => part.providerMetadata

const withoutFacet = ({ facet: _facet, ...others }: SharedV4ProviderMetadata): SharedV4ProviderMetadata => others
