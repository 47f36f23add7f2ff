/** The effect `shield`: judging what goes in and what comes out. */
import * as Effect from "effect/Effect"
import { judge } from "../guard/judge.ts"
import { checked } from "../words/checked.ts"
import { checkShieldOptions, type Content, readJudgingPlan, type ShieldOptions } from "../words/Content.ts"
import type { FacetError } from "../words/Errors.ts"
import type { Opened } from "../words/Opened.ts"
import { readContent } from "../words/readContent.ts"
import type { Verdict } from "../words/Verdict.ts"
import { withRedacted } from "../words/withRedacted.ts"

/**
 * Judges a content against policies.
 *
 * A content longer than the guard's window is judged in overlapping pieces, and the worst counts. Empty content is
 * never flagged.
 *
 * @example
 * const verdict = yield* shield("How do I pick a lock?")
 * if (verdict.flagged) yield* Console.log(verdict.policies)
 * const { policies } = yield* shield("How do I build a bomb?", { explain: true })
 * console.log(policies[0]?.reason?.text) // => bomb
 */
export const shield = Effect.fn("facet.shield")(function* (
  content: Content,
  options: ShieldOptions = {},
): Effect.fn.Return<Verdict, FacetError, Opened> {
  yield* checked(() => checkShieldOptions(options))
  const plan = yield* checked(() => readJudgingPlan(options))
  const verdict = yield* judge(content, plan, { isNested: false })
  const { prompt = "", response = prompt } = readContent(content)
  return withRedacted(verdict, response)
})
