/** A request for completions, read and found good. */
import type { GenerateOptions, Prompt } from "@facet/sdk/words"
import type { Delivery } from "./CompletionFields.ts"

export interface CompletionJob extends Delivery {
  /** The name that the client asked for; without one it is the server's only model. */
  readonly model: string | undefined
  /** Each is answered; a chat is one. */
  readonly prompts: ReadonlyArray<Prompt>
  /** Answers to each. */
  readonly n: number
  /** `"before"`: an answer begins with its prompt. `"alone"`: it is its prompt, and nothing is generated. */
  readonly echo: "none" | "before" | "alone"
  readonly options: GenerateOptions
  /** What the client keeps its own users apart by. */
  readonly cacheSalt: string | undefined
  /** Fields that were accepted and change nothing. */
  readonly warnings: ReadonlyArray<string>
}
