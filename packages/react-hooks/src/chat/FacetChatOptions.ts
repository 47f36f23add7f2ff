import type { GenerateOptions } from "@facet/sdk/words"

/** How a chat is answered: as for `facet.generate` (`guard`, `trace`, `maxTokens`, `temperature`, `seed` …). */
export interface FacetChatOptions extends Omit<GenerateOptions, "template"> {
  /** Put before the first turn, since Gemma 2 has no system role. */
  readonly system?: string | undefined
}
