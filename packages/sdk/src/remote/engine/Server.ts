/** What a kind of server can do for an engine. What it cannot is refused by name. */
import type { EnginePart } from "../../words/Generation.ts"
import type { ModelDescription } from "../../words/ModelDescription.ts"
import type { GenerateRequest, JudgeRequest, ScoreRequest } from "../../words/Request.ts"
import type { Score } from "../../words/Score.ts"
import type { Verdict } from "../../words/Verdict.ts"

/** Each rejects with one of Facet's errors, and stops the server's work when the signal is aborted. */
export interface Server {
  readonly kind: string
  readonly url: string
  /** Of the model that was meant. Checks that it is there. */
  readonly describe: (signal: AbortSignal) => Promise<ServedModel>
  readonly generate: (request: GenerateRequest, signal: AbortSignal) => AsyncIterable<EnginePart>
  readonly judge: (request: JudgeRequest, signal: AbortSignal) => Promise<Verdict>
  readonly score?: (request: ScoreRequest, signal: AbortSignal) => Promise<Score>
}

export interface ServedModel {
  /** Its name there. */
  readonly name: string
  readonly description: ModelDescription
}
