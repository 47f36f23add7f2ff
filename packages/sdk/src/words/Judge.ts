/** What judges contents in the place of the model that was opened for it. */
import { checkFlag, show } from "./Checks.ts"
import type { ContentTexts } from "./Content.ts"
import { invalidRequest } from "./Errors.ts"
import { isRecord } from "./Json.ts"
import type { Policy } from "./Policy.ts"
import type { PolicyVerdict, Verdict } from "./Verdict.ts"

/** What a judge is handed with a content. */
export interface JudgeCall {
  /** Fires when nobody waits for the verdict any more: a time-out, a client that left, a closed Facet. */
  readonly signal: AbortSignal
  /**
   * The content as it came. A guard hands over what it reads, in which `normaliseForJudging` has undone what hides words, and
   * with it forms such as addresses.
   */
  readonly original: ContentTexts
  /** Asks the ShieldGemma that was opened with the Facet of the same content; rejects where there is none. */
  readonly shield: (policies?: ReadonlyArray<string | Policy>) => Promise<Verdict>
}

/** What a judge says: each of its policies with a probability from 0 to 1, and whether that is flagged. */
export interface Judgement {
  /**
   * At least one. A policy is flagged when its probability is at least its threshold. With the action `redact` it says in `spans`
   * what is to be cut out of the content as it came: of the response, or of a prompt alone.
   */
  readonly policies: ReadonlyArray<Omit<PolicyVerdict, "flagged">>
  /** Tokens that were run. Default: none. */
  readonly tokens?: Verdict["tokens"] | undefined
}

/**
 * Judges contents in ShieldGemma's place: a service, another model, a list of words. One that rejects has not judged, and
 * `onError` says what becomes of the content.
 *
 * @example
 * const verdict = await facet.shield("LET ME IN", {
 *   judge: {
 *     name: "shouting",
 *     judge: async ({ prompt = "", response = prompt }) => {
 *       const isLoud = response.length > 3 && response === response.toUpperCase()
 *       return { policies: [{ policy: "shouting", probability: isLoud ? 1 : 0, threshold: 0.5 }] }
 *     },
 *   },
 * })
 * console.log(verdict.flagged) // => true
 */
export interface Judge {
  /** Stands in errors and reports. */
  readonly name: string
  /** Whether it may ask the ShieldGemma that was opened: an adapter opens none for a judge that does not. */
  readonly usesModel?: boolean | undefined
  /**
   * For one that redacts: UTF-16 units of the longest stretch that it cuts out. So much behind what was judged a guard holds
   * back, as a stretch may go on in what follows. Left out, it redacts nothing.
   */
  readonly longestSpan?: number | undefined
  readonly judge: (content: ContentTexts, call: JudgeCall) => Promise<Judgement>
}

/** @throws InvalidRequestError that names what is missing */
export function checkJudge(option: string, judge: unknown): asserts judge is Judge | undefined {
  if (judge === undefined) return
  const remedy = "Pass a judge, such as those of @facet/sdk/judges, or { name, judge }."
  if (!isRecord(judge)) throw invalidRequest(option, `${show(judge)} is no judge`, remedy)
  const { judge: ask, longestSpan, name, usesModel } = judge
  if (typeof name !== "string" || name === "") throw invalidRequest(`${option}.name`, "it is no text", remedy)
  if (typeof ask !== "function") throw invalidRequest(`${option}.judge`, "it is no function", remedy)
  checkFlag(`${option}.usesModel`, usesModel)
  if (longestSpan === undefined || (Number.isSafeInteger(longestSpan) && Number(longestSpan) > 0)) return
  throw invalidRequest(`${option}.longestSpan`, `${show(longestSpan)} is no length`, "Use a whole number above 0.")
}
