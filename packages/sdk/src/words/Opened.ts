/** What the effects run on: the models that were opened for them, each with its engine. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { EngineService } from "./Engine.ts"
import type { FacetError } from "./Errors.ts"
import type { JudgingLimits } from "./JudgingLimits.ts"
import type { ModelDescription } from "./ModelDescription.ts"
import type { ModelRef } from "./Request.ts"

/** A model, and the engine that runs it. */
export interface Place {
  readonly engine: EngineService
  readonly model: ModelRef
}

/** Provided by `Facet.layer(options)`. */
export class Opened extends Context.Service<
  Opened,
  {
    /** The name under which the text model was opened: an id, a folder or a URL. */
    readonly name: string
    /** What the text model is, and runs on. */
    readonly description: ModelDescription
    /** What opening found to be known: more may come, when the guard is first asked. */
    readonly warnings: ReadonlySet<string>
    /** The model that writes, scores and is inspected. */
    readonly text: Place
    /** The model that judges, here or elsewhere; fails when there is none, or when it is not to be had. */
    readonly guard: Effect.Effect<Place, FacetError>
    /** How much may be judged: longer texts are refused before they are read. */
    readonly judging: JudgingLimits
  }
>()("@facet/sdk/Opened") {}
