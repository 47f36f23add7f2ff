/** What `/api/chat` and `/api/generate` are asked, read and found good. */
import type { GenerateOptions, Prompt } from "@facet/sdk/words"

export interface OllamaJob {
  readonly model: string | undefined
  /** Left out where a client only wants the model to be there. */
  readonly prompt: Prompt | undefined
  /** The client wants the model to be gone. It stays, which is told; the answer has the word that clients wait for. */
  readonly isUnloading: boolean
  readonly options: GenerateOptions
  readonly stream: boolean
  readonly isSpelt: boolean
  /** Fields that were accepted and change nothing. */
  readonly warnings: ReadonlyArray<string>
}
