/** How what a judge says is read. */
import { show } from "./Checks.ts"
import type { ContentTexts } from "./Content.ts"
import { JudgeError } from "./Errors.ts"
import type { Judge } from "./Judge.ts"
import { isRecord } from "./Json.ts"
import type { TextSpan } from "./Redaction.ts"
import type { PolicyVerdict, Verdict } from "./Verdict.ts"

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
