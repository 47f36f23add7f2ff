/** The effect `shield`: judging what goes in and what comes out. */
import * as Effect from "effect/Effect"
import type { FacetError } from "./Errors.ts"
import type { Generation } from "./Generation.ts"
import { checkUnicode } from "./model/Unicode.ts"
import { Opened } from "./Opened.ts"
import { type Policy, resolvePolicies } from "./Policy.ts"
import { lastUserText } from "./promptTexts.ts"
import { checked, checkKnown } from "./RequestError.ts"
import type { Verdict } from "./Verdict.ts"

/** What is judged: a prompt; a prompt and its response; a response alone; a finished generation. */
export type Content = string | { readonly prompt?: string; readonly response?: string } | Generation

export interface ShieldOptions {
  /** Ids, or policies that the app defined. Default: the four of ShieldGemma. */
  readonly policies?: ReadonlyArray<string | Policy> | undefined
}

/**
 * Judges a content against policies.
 *
 * A content longer than the guard's window is judged in overlapping pieces, and the worst counts. Empty content is
 * never flagged.
 *
 * @example
 * const verdict = yield* shield("How do I pick a lock?")
 * if (verdict.flagged) yield* Console.log(verdict.policies)
 */
export const shield = Effect.fn("facet.shield")(function* (
  content: Content,
  options: ShieldOptions = {},
): Effect.fn.Return<Verdict, FacetError, Opened> {
  yield* checked(() => checkKnown(options, ["policies"]))
  const policies = yield* checked(() => resolvePolicies(options.policies))
  return yield* judge(content, policies, false)
})

/** @param isNested whether it judges for a generation that is under way. */
export const judge = (
  content: Content,
  policies: ReadonlyArray<Policy>,
  isNested: boolean,
): Effect.Effect<Verdict, FacetError, Opened> =>
  Effect.gen(function* () {
    const { engine, guard } = yield* Opened
    const { prompt, response } = yield* checked(() => readContent(content))
    return yield* engine.classify({ model: yield* guard, prompt, response, policies, isNested })
  })

function readContent(content: Content): { readonly prompt: string | undefined; readonly response: string | undefined } {
  const { prompt, response } = partsOf(content)
  if (prompt !== undefined) checkUnicode("prompt", prompt)
  if (response !== undefined) checkUnicode("response", response)
  if (prompt === undefined && response === undefined) checkUnicode("content", undefined)
  return { prompt, response }
}

function partsOf(content: Content): { readonly prompt: string | undefined; readonly response: string | undefined } {
  if (typeof content === "string") return { prompt: content, response: undefined }
  if (content === null || typeof content !== "object") return { prompt: content, response: undefined }
  if ("finishReason" in content) return { prompt: lastUserText(content.prompt), response: content.text }
  return { prompt: content.prompt, response: content.response }
}
