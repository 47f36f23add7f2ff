import type { LanguageModelV4Prompt } from "@ai-sdk/provider"
import { isFacetPart } from "@facet/sdk/words"

/** A prompt without what Facet said beside the answers of earlier turns: the AI SDK sends custom parts back. */
export const withoutFacetParts = (prompt: LanguageModelV4Prompt): LanguageModelV4Prompt =>
  prompt.flatMap((message): LanguageModelV4Prompt => {
    if (message.role !== "assistant") return [message]
    const content = message.content.filter((part) => !isFacetPart(part))
    // An answer of which nothing is left is no message.
    return content.length === 0 && message.content.length > 0 ? [] : [{ ...message, content }]
  })
