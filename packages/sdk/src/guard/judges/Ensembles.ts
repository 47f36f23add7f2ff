/** Several judges as one. */
import { checkKnown, checkNumber, show } from "../../words/Checks.ts"
import { invalidRequest } from "../../words/Errors.ts"
import { checkJudge, type Judge, type JudgeCall, type Judgement } from "../../words/Judge.ts"
import { verdictOfJudgement } from "../../words/verdictOfJudgement.ts"
import { holdsBack, type Verdict } from "../../words/Verdict.ts"
import type { ContentTexts } from "../../words/Content.ts"
import { checkSettings, judgementOf, type JudgeSettings, settingNames } from "./JudgeSettings.ts"
import { marginOf } from "./nearerToFlag.ts"
import { worstByName } from "./renamed.ts"

/**
 * Flags what any of the judges flags. All are asked at once; one that fails makes the whole fail, unless another one holds the
 * text back: nothing that it says could change that.
 *
 * @throws InvalidRequestError for a judge that is none
 * @example
 * const judge = anyOf([wordList({ words: ["secret"] }), personalData()])
 * const { flagged } = await facet.shield("It is no secret.", { judge })
 * console.log(flagged) // => true
 */
export const anyOf = (judges: ReadonlyArray<Judge>): Judge =>
  ensemble("any", judges, (outcomes) => {
    const told = outcomes.flatMap(({ verdict }) => verdict ?? [])
    // What lets out and tells, or cuts out, settles nothing: another one may hold it back.
    if (!told.some(holdsBack)) throwFailure(outcomes)
    return { policies: worstByName(told.flatMap(({ policies }) => policies)), tokens: tokensOf(told) }
  })

/**
 * Flags what all of the judges flag: each may veto. The policies are those of the judge that is farthest from flagging. One
 * that fails makes the whole fail, unless another one lets through: nothing that it says could change that.
 *
 * @throws InvalidRequestError for a judge that is none
 * @example
 * const judge = allOf([wordList({ words: ["secret"] }), personalData({ kinds: ["email"] })])
 * const { flagged } = await facet.shield("It is no secret.", { judge })
 * console.log(flagged) // => false
 */
export const allOf = (judges: ReadonlyArray<Judge>): Judge =>
  ensemble("all", judges, (outcomes) => {
    const told = outcomes.flatMap(({ verdict }) => verdict ?? [])
    if (told.every(({ flagged }) => flagged)) throwFailure(outcomes)
    // Of those that may be asked, at least one was: else their failure has been thrown.
    const mildest = told.reduce((least, verdict) =>
      marginOfVerdict(verdict) < marginOfVerdict(least) ? verdict : least,
    )
    const policies = worstByName(mildest.policies)
    // A judge that lets out and tells, or cuts out, does not take its veto from one that holds back.
    const isHeldBack = told.length === outcomes.length && told.some(holdsBack)
    return { policies: isHeldBack ? policies.map(withoutAction) : policies, tokens: tokensOf(told) }
  })

const withoutAction = ({ action: _action, spans: _spans, ...said }: Judgement["policies"][number]) => said

export interface WeightedOptions extends JudgeSettings {
  /** The id of the one policy that it has. Default `weighted`. */
  readonly policy?: string | undefined
}

/**
 * Flags by the weighted mean of what the judges say: of each the highest probability counts, and not what it does about it. One
 * that fails makes the whole fail.
 *
 * @throws InvalidRequestError for a judge that is none, or weights that are not above 0
 * @example
 * const words = wordList({ words: ["secret"] })
 * const judge = weighted([[words, 1], [personalData(), 3]], { thresholds: 0.2 })
 * const { policies } = await facet.shield("It is no secret.", { judge })
 * console.log(policies[0]?.probability) // => 0.25
 */
export function weighted(
  judges: ReadonlyArray<readonly [judge: Judge, weight: number]>,
  options: WeightedOptions = {},
): Judge {
  checkKnown(options, ["policy", ...settingNames])
  const { policy = "weighted" } = options
  checkSettings(options, [policy])
  if (!Array.isArray(judges)) {
    throw invalidRequest("judges", `${show(judges)} is no list`, "Pass pairs of a judge and its weight.")
  }
  const pairs: ReadonlyArray<unknown> = judges
  for (const [i, pair] of pairs.entries()) {
    if (!Array.isArray(pair)) throw invalidRequest(`judges[${i}]`, "it is no pair", "Pass [judge, weight].")
    checkNumber(`judges[${i}][1]`, pair[1], { min: Number.MIN_VALUE, max: Number.MAX_SAFE_INTEGER, integer: false })
  }
  const all = judges.reduce((sum, [, weight]) => sum + weight, 0)
  const { longestSpan: _, ...judge } = ensemble(
    "weighted",
    judges.map(([judge]) => judge),
    (outcomes) => {
      throwFailure(outcomes)
      const told = outcomes.flatMap(({ verdict }) => verdict ?? [])
      const score = told.reduce((sum, { policies }, i) => {
        const highest = Math.max(...policies.map(({ probability }) => probability))
        return sum + (highest * (judges[i]?.[1] ?? 0)) / all
      }, 0)
      return { ...judgementOf([{ policy, score: Math.min(1, score) }], options), tokens: tokensOf(told) }
    },
  )
  return judge
}

/** A judge's verdict, or why it has none. */
interface Outcome {
  readonly verdict?: Verdict
  readonly failure?: unknown
}

function ensemble(
  kind: string,
  judges: ReadonlyArray<Judge>,
  combine: (outcomes: ReadonlyArray<Outcome>) => Judgement,
): Judge {
  if (!Array.isArray(judges) || judges.length === 0) {
    throw invalidRequest("judges", `${show(judges)} is no list, or an empty one`, "Pass at least one judge.")
  }
  for (const [i, judge] of judges.entries()) {
    if (judge === undefined) throw invalidRequest(`judges[${i}]`, "it is missing", "Leave it out of the list.")
    checkJudge(`judges[${i}]`, judge)
  }
  const longestSpan = Math.max(0, ...judges.map(({ longestSpan = 0 }) => longestSpan))
  return {
    name: `${kind}(${judges.map(({ name }) => name).join(", ")})`,
    usesModel: judges.some(({ usesModel }) => usesModel === true),
    ...(longestSpan > 0 && { longestSpan }),
    judge: async (content, call) => {
      const outcomes = await Promise.all(judges.map((judge) => outcomeOf(judge, content, call)))
      // Whoever gave up wants no verdict of those that had one.
      call.signal.throwIfAborted()
      return combine(outcomes)
    },
  }
}

async function outcomeOf(judge: Judge, content: ContentTexts, call: JudgeCall): Promise<Outcome> {
  try {
    return { verdict: verdictOfJudgement(judge, await judge.judge(content, call), call.original) }
  } catch (failure) {
    return { failure }
  }
}

function throwFailure(outcomes: ReadonlyArray<Outcome>): void {
  const failed = outcomes.find(({ verdict }) => verdict === undefined)
  if (failed !== undefined) throw failed.failure
}

const marginOfVerdict = ({ policies }: Verdict): number => Math.max(...policies.map(marginOf))

function tokensOf(verdicts: ReadonlyArray<Verdict>): Verdict["tokens"] {
  const sum = (count: keyof Verdict["tokens"]) => verdicts.reduce((all, { tokens }) => all + tokens[count], 0)
  return { judged: sum("judged"), cached: sum("cached") }
}
