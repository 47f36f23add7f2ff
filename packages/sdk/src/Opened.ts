/** What the effects run on: an engine, and the models that were opened for them. */
import * as Context from "effect/Context"
import type { Engine } from "./engine/Engine.ts"
import type { ModelRef } from "./engine/Request.ts"
import { InvalidRequestError } from "./Errors.ts"
import * as Effect from "effect/Effect"

/** Provided by `Facet.layer(options)`. */
export class Opened extends Context.Service<
  Opened,
  {
    readonly engine: Engine["Service"]
    /** The model that writes, scores and is inspected. */
    readonly text: ModelRef
    /** The model that judges, where there is one. */
    readonly guard: ModelRef | undefined
  }
>()("@facet/sdk/Opened") {}

/** The model that judges; fails when none was opened. */
export const guardModel = Effect.flatMap(Opened, ({ guard, text }) =>
  guard === undefined
    ? Effect.fail(
        new InvalidRequestError({
          option: "shield",
          problem: `no guard was opened beside ${text.folder}`,
          remedy: 'Open with `shield`: a ShieldGemma\'s folder, an id such as google/shieldgemma-2b, or "tiny".',
        }),
      )
    : Effect.succeed(guard),
)
