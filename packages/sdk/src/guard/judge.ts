import * as Effect from "effect/Effect"
import { checked } from "../words/checked.ts"
import { type Content, readContent, type ShieldOptions } from "../words/Content.ts"
import type { FacetError } from "../words/Errors.ts"
import type { Opened } from "../words/Opened.ts"
import type { Policy } from "../words/Policy.ts"
import type { Verdict } from "../words/Verdict.ts"
import { judgeByPlace } from "./judgeByPlace.ts"

export interface JudgingOptions {
  /** Whether it judges for a generation that is under way. */
  readonly isNested: boolean
  /** What is told of the reasons of what is flagged. */
  readonly explain?: ShieldOptions["explain"]
}

/** Asks the models that judge, wherever they run. */
export const judge = (
  content: Content,
  policies: ReadonlyArray<Policy>,
  options: JudgingOptions,
): Effect.Effect<Verdict, FacetError, Opened> =>
  Effect.flatMap(
    checked(() => readContent(content)),
    (texts) => judgeByPlace(texts, policies, options),
  )
