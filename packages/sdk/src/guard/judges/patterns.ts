import { checkKnown, checkNumber } from "../../words/Checks.ts"
import { invalidRequest } from "../../words/Errors.ts"
import type { Judge } from "../../words/Judge.ts"
import { checkFindings, checkListed, type FindingSettings, judgeOfFinders } from "./Findings.ts"
import { settingNames } from "./JudgeSettings.ts"

export interface PatternOptions extends FindingSettings {
  /** Regular expressions by the policy that a match violates. */
  readonly patterns: Readonly<Record<string, RegExp | ReadonlyArray<RegExp>>>
  /**
   * With `redact`: UTF-16 units of the longest match that is cut out, from 1 to 4,096; a longer one is held back. So much of an
   * answer is held until what follows was judged. Default 256.
   */
  readonly longest?: number | undefined
}

const usualLongest = 256

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
  checkKnown(options, ["patterns", "longest", "precision", ...settingNames])
  checkListed("patterns", options.patterns)
  checkFindings(options, Object.keys(options.patterns))
  const { longest = usualLongest } = options
  checkNumber("longest", longest, { min: 1, max: 4_096, integer: true })
  const finders = Object.entries(options.patterns).map(([policy, given]) => {
    const list = read(policy, given)
    return {
      policy,
      isIn: (text: string) => list.some((one) => one.test(text)),
      spansIn: (text: string) =>
        list.flatMap((one) =>
          Array.from(text.matchAll(new RegExp(one.source, `${one.flags}g`)), ({ 0: found, index }) => ({
            start: index,
            end: index + found.length,
          })).filter(({ end, start }) => end > start),
        ),
    }
  })
  return judgeOfFinders("patterns", async () => finders, options, longest)
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
