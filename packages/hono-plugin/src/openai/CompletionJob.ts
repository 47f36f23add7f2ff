/** A request for a completion, read and found good. */
import type { GenerateOptions, Prompt } from "@facet/sdk/words"
import type { Delivery } from "./CompletionFields.ts"

export interface CompletionJob extends Delivery {
  /** The name that the client asked for; without one it is the server's only model. */
  readonly model: string | undefined
  readonly prompt: Prompt
  readonly options: GenerateOptions
  /** What the client keeps its own users apart by. */
  readonly cacheSalt: string | undefined
}
