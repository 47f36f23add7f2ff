/** What the effects run on: an engine, and the models that were opened for them. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Device } from "./Device.ts"
import type { Engine } from "./engine/Engine.ts"
import type { ModelRef } from "./engine/Request.ts"
import type { FacetError } from "./Errors.ts"

/** Provided by `Facet.layer(options)`. */
export class Opened extends Context.Service<
  Opened,
  {
    readonly engine: Engine["Service"]
    /** The name under which `text` was opened: an id, a folder or a URL. */
    readonly model: string
    readonly device: Device
    /** The model that writes, scores and is inspected. */
    readonly text: ModelRef
    /** The model that judges; fails when there is none, or when it is not on this machine. */
    readonly guard: Effect.Effect<ModelRef, FacetError>
  }
>()("@facet/sdk/Opened") {}
