import { checkKnown } from "../../words/Checks.ts"
import { invalidRequest } from "../../words/Errors.ts"
import type { Judge } from "../../words/Judge.ts"
import { checkListed, checkPrecision, type FindingSettings, judgementOfFindings } from "./Findings.ts"
import { readingsOf } from "./foldText.ts"
import { checkSettings, settingNames } from "./JudgeSettings.ts"

export interface PatternOptions extends FindingSettings {
  /** Regular expressions by the policy that a match violates. */
  readonly patterns: Readonly<Record<string, RegExp | ReadonlyArray<RegExp>>>
}

/**
 * Regular expressions. Each is tried on the text as it came, and on the text without what hides words (`normaliseForJudging`).
 * One that takes exponential time takes it here, too, and no time-out ends it: keep them simple.
 *
 * @throws InvalidRequestError for an option that is wrong
 * @example
 * const judge = patterns({ patterns: { ticket: /\bTICKET-\d{4}\b/i } })
 * const { flagged } = await facet.shield("See ticket-1234.", { judge })
 * console.log(flagged) // => true
 */
export function patterns(options: PatternOptions): Judge {
  checkKnown(options, ["patterns", "precision", ...settingNames])
  checkSettings(options)
  checkPrecision(options.precision)
  checkListed("patterns", options.patterns)
  const all = Object.entries(options.patterns).map(([policy, given]) => [policy, read(policy, given)] as const)
  return {
    name: "patterns",
    judge: async (content, call) => {
      const readings = readingsOf(content, call)
      const isFound = (list: ReadonlyArray<RegExp>) => list.some((one) => readings.some((text) => one.test(text)))
      return judgementOfFindings(
        all.map(([policy, list]) => [policy, isFound(list)]),
        options,
      )
    },
  }
}

function read(policy: string, given: unknown): ReadonlyArray<RegExp> {
  const list: ReadonlyArray<unknown> = Array.isArray(given) ? given : [given]
  if (list.length === 0) throw invalidRequest(`patterns.${policy}`, "the list is empty", "Pass at least one.")
  return list.map((one, i) => {
    if (!(one instanceof RegExp)) {
      throw invalidRequest(`patterns.${policy}[${i}]`, "it is no regular expression", "Pass a RegExp.")
    }
    // What remembers where it was would find a match every other time.
    return new RegExp(one.source, one.flags.replaceAll(/[gy]/g, ""))
  })
}
