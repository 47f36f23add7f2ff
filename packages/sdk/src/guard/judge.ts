import * as Effect from "effect/Effect"
import { checked } from "../words/checked.ts"
import { type Content, readContent } from "../words/Content.ts"
import type { FacetError } from "../words/Errors.ts"
import type { Opened } from "../words/Opened.ts"
import type { Policy } from "../words/Policy.ts"
import type { Verdict } from "../words/Verdict.ts"
import { judgeByPlace } from "./judgeByPlace.ts"

/**
 * Asks the models that judge, wherever they run.
 *
 * @param isNested whether it judges for a generation that is under way.
 */
export const judge = (
  content: Content,
  policies: ReadonlyArray<Policy>,
  isNested: boolean,
): Effect.Effect<Verdict, FacetError, Opened> =>
  Effect.flatMap(
    checked(() => readContent(content)),
    (texts) => judgeByPlace(texts, policies, isNested),
  )
