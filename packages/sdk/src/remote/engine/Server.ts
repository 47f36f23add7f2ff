/** What a server can do for an engine. What it cannot is refused by name. */
import type * as Effect from "effect/Effect"
import type { EngineService } from "../../words/Engine.ts"
import type { EnginePart } from "../../words/Generation.ts"
import type { ModelDescription } from "../../words/ModelDescription.ts"
import type { GenerateRequest, JudgeRequest } from "../../words/Request.ts"
import type { Verdict } from "../../words/Verdict.ts"

/** Each rejects with one of Facet's errors, and stops the server's work when the signal is aborted. */
export interface Server {
  readonly kind: string
  readonly url: string
  /** Of the model that was meant. Checks that it is there. */
  readonly describe: (signal: AbortSignal) => Promise<ServedModel>
  readonly generate: (request: GenerateRequest, signal: AbortSignal) => AsyncIterable<EnginePart>
  /** Left out: a server of the kind tells no log-probabilities, and so does not judge. */
  readonly judge?: (request: JudgeRequest, signal: AbortSignal) => Promise<Verdict>
  /** What of an engine it can beside. Left out, it is refused. */
  readonly abilities?: Abilities
  /** What speaks against its use, in sentences. Rejects where it cannot be used. */
  readonly check?: (use: "text" | "guard", signal: AbortSignal) => Promise<ReadonlyArray<string>>
}

/** What is asked once and answered once: each rejects as above. */
export type Abilities = {
  readonly [Name in AbilityName]?: (
    request: Parameters<EngineService[Name]>[0],
    signal: AbortSignal,
  ) => Promise<Effect.Success<ReturnType<EngineService[Name]>>>
}

export type AbilityName =
  | "score"
  | "inspect"
  | "inspectAll"
  | "lens"
  | "featureLogits"
  | "searchFeatures"
  | "decide"
  | "calibrate"
  | "embed"
  | "features"
  | "render"
  | "detokenise"

export interface ServedModel {
  /** Its name there. */
  readonly name: string
  readonly description: ModelDescription
}
