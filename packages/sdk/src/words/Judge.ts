/** What judges contents in the place of the model that was opened for it. */
import { checkFlag, show } from "./Checks.ts"
import type { ContentTexts } from "./Content.ts"
import { invalidRequest, JudgeError } from "./Errors.ts"
import { isRecord } from "./Json.ts"
import type { Policy } from "./Policy.ts"
import type { TextSpan } from "./Redaction.ts"
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

/**
 * What a judge said, as a verdict.
 *
 * @param content as it came, which the spans are places of.
 * @throws JudgeError for what is no judgement: nothing is let through for want of a number.
 */
export function verdictOfJudgement(
  judge: Pick<Judge, "longestSpan" | "name">,
  judgement: unknown,
  content: ContentTexts,
): Verdict {
  const said: unknown = isRecord(judgement) ? judgement["policies"] : undefined
  if (!Array.isArray(said) || said.length === 0) throw misjudged(judge.name, "it named no policy")
  const { length } = content.response ?? content.prompt ?? ""
  const policies = said.map((entry) => policyVerdict(judge, entry, length))
  return {
    flagged: policies.some(({ flagged }) => flagged),
    policies,
    tokens: tokensOf(isRecord(judgement) ? judgement["tokens"] : undefined),
  }
}

function policyVerdict(
  { longestSpan, name: judge }: Pick<Judge, "longestSpan" | "name">,
  entry: unknown,
  length: number,
): PolicyVerdict {
  const { action, policy, probability, spans, threshold } = isRecord(entry) ? entry : {}
  if (typeof policy !== "string" || policy === "") throw misjudged(judge, "a policy of its has no name")
  if (!isProbability(probability)) throw misjudged(judge, `${show(probability)} is no probability of ${policy}`)
  if (!isProbability(threshold)) throw misjudged(judge, `${show(threshold)} is no threshold of ${policy}`)
  const flagged = probability >= threshold
  const said = { policy, probability, threshold, flagged }
  if (action === "flag") return { ...said, action }
  if (action !== "redact") return said
  if (longestSpan === undefined) {
    throw misjudged(judge, `${policy} redacts, and the judge does not say how much at most`, "Give it a `longestSpan`.")
  }
  return { ...said, action, ...(flagged && { spans: spansOf(judge, spans, Math.min(longestSpan, length), length) }) }
}

function spansOf(judge: string, spans: unknown, longest: number, length: number): ReadonlyArray<TextSpan> {
  const remedy = `Spans are [{ start, end }], within the ${length} characters that were judged and ${longest} long at most.`
  if (!Array.isArray(spans)) throw misjudged(judge, `${show(spans)} is no list of spans`, remedy)
  return spans.map((span: unknown) => {
    const { end, start } = isRecord(span) ? span : {}
    const isWithin = typeof start === "number" && typeof end === "number" && start >= 0 && start < end && end <= length
    const isWhole = Number.isInteger(start) && Number.isInteger(end)
    if (isWithin && isWhole && end - start <= longest) return { start, end }
    throw misjudged(judge, `${show(start)} to ${show(end)} is no span`, remedy)
  })
}

/** Written so that NaN fails too. */
const isProbability = (value: unknown): value is number => typeof value === "number" && value >= 0 && value <= 1

function tokensOf(tokens: unknown): Verdict["tokens"] {
  const { cached, judged } = isRecord(tokens) ? tokens : {}
  return { judged: typeof judged === "number" ? judged : 0, cached: typeof cached === "number" ? cached : 0 }
}

const misjudged = (
  judge: string,
  problem: string,
  remedy = "A judgement is { policies: [{ policy, probability, threshold }] }.",
): JudgeError => new JudgeError({ judge, problem, remedy })
