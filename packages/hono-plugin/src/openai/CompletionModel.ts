import type { Facet } from "@facet/sdk"
import type { GenerateOptions } from "@facet/sdk/words"

/** What completions are asked of. */
export interface CompletionModel {
  readonly facet: Facet
  /** The name that the model answers under. */
  readonly model: string
  readonly guard: GenerateOptions["guard"]
}
