/** What every judge is told: from where on it flags, and what its scores are worth. */
import { checkKnown, checkOneOf, show } from "../../words/Checks.ts"
import { invalidRequest } from "../../words/Errors.ts"
import { isRecord } from "../../words/Json.ts"
import type { Judgement } from "../../words/Judge.ts"
import { type PolicyAction, policyActions } from "../../words/Policy.ts"
import type { PlattCalibration } from "../../words/Question.ts"
import type { TextSpan } from "../../words/Redaction.ts"

export interface JudgeSettings {
  /** From which probability on a policy is flagged: one for all, or by id. Default 0.5. */
  readonly thresholds?: number | Readonly<Record<string, number>> | undefined
  /**
   * What makes its scores probabilities: P = 1 / (1 + exp(-(slope * logit + offset))), one for all or by policy (Platt, 1999).
   * Default: scores are taken as they are.
   */
  readonly calibration?: PlattCalibration | Readonly<Record<string, PlattCalibration>> | undefined
  /**
   * What a guard does with what is flagged: one for all, or by policy. `redact` cuts it out, which only those can that know where it
   * stands: `wordList`, `patterns` and `personalData`. Default `block`.
   */
  readonly action?: PolicyAction | Readonly<Record<string, PolicyAction>> | undefined
}

export const settingNames = ["thresholds", "calibration", "action"] as const satisfies ReadonlyArray<
  keyof JudgeSettings
>

/** What a judge found of a policy, from 0 to 1, before it is calibrated. */
export interface PolicyScore {
  readonly policy: string
  readonly score: number
  /** Whether who told the score flags it by a threshold of its own. */
  readonly isFlagged?: boolean
  /** Where it stands in the text, where that is known. */
  readonly spans?: ReadonlyArray<TextSpan> | undefined
}

const defaultThreshold = 0.5

/** A score of exactly 0 or 1 has no logit: so far from it is as near as it is taken. */
const nearest = 1e-9

/**
 * @param policies the judge's, where it has no others: another name is a mistake
 * @param isPlaced whether it knows where in a text what they find stands
 * @throws InvalidRequestError that names the option
 */
export function checkSettings(
  { action, calibration, thresholds }: JudgeSettings,
  policies?: ReadonlyArray<string>,
  isPlaced = false,
): void {
  for (const [path, one] of byPolicy("action", action, policies)) {
    if (one === "redact" && !isPlaced) {
      const remedy = 'Use "block" or "flag", or redact by wordList, patterns or personalData.'
      throw invalidRequest(path, "the judge does not say where in a text the violation stands", remedy)
    }
    checkOneOf(path, one, policyActions)
  }
  for (const [path, threshold] of byPolicy("thresholds", thresholds, policies)) {
    // Written so that NaN fails too.
    if (threshold === undefined || (typeof threshold === "number" && threshold >= 0 && threshold <= 1)) continue
    throw invalidRequest(path, `${show(threshold)} is no probability`, "Use a number from 0 to 1.")
  }
  if (calibration === undefined) return
  const named = isPlatt(calibration)
    ? [["calibration", calibration] as const]
    : byPolicy("calibration", calibration, policies)
  for (const [path, own] of named) {
    checkKnown(own, ["slope", "offset"], path)
    if (isPlatt(own) && Number.isFinite(own.slope) && Number.isFinite(own.offset)) continue
    throw invalidRequest(path, `${show(own)} is no calibration`, "Pass { slope, offset }, two finite numbers.")
  }
}

/**
 * A setting for all policies, or those of each, with their paths.
 *
 * @throws InvalidRequestError for a policy that the judge has not: its setting would say nothing
 */
export function byPolicy(
  option: string,
  given: unknown,
  policies: ReadonlyArray<string> | undefined,
): ReadonlyArray<readonly [path: string, value: unknown]> {
  if (!isRecord(given)) return [[option, given]]
  return Object.entries(given).map(([id, value]) => {
    const path = `${option}.${id}`
    if (policies === undefined || policies.includes(id)) return [path, value]
    throw invalidRequest(path, "the judge has no such policy", `It has: ${policies.join(", ")}.`)
  })
}

/** What is done with what a policy flags. */
export const actionFor = ({ action }: JudgeSettings, policy: string): PolicyAction | undefined =>
  isRecord(action) ? own(action, policy) : action

/** Whether it redacts at all. */
export const redacts = ({ action }: JudgeSettings): boolean =>
  isRecord(action) ? Object.values(action).includes("redact") : action === "redact"

const isPlatt = (value: unknown): value is PlattCalibration =>
  isRecord(value) && typeof value["slope"] === "number" && typeof value["offset"] === "number"

/**
 * Scores as a judgement. A service's own flag counts where no threshold was given: its threshold is then no higher than the
 * probability, which is all that is known of it.
 */
export function judgementOf(
  scores: ReadonlyArray<PolicyScore>,
  settings: JudgeSettings,
): { readonly policies: Judgement["policies"] } {
  const { calibration, thresholds } = settings
  const policies = scores.map(({ isFlagged = false, policy, score, spans }) => {
    const probability = calibrated(score, isPlatt(calibration) ? calibration : own(calibration, policy))
    const given = typeof thresholds === "number" ? thresholds : own(thresholds, policy)
    const usual = isFlagged ? Math.min(defaultThreshold, probability) : defaultThreshold
    const action = actionFor(settings, policy)
    const said = { policy, probability, threshold: given ?? usual }
    if (action === "flag") return { ...said, action }
    // What nobody can place is held back.
    return action === "redact" && spans !== undefined ? { ...said, action, spans } : said
  })
  return { policies }
}

const own = <A>(values: Readonly<Record<string, A>> | undefined, name: string): A | undefined =>
  values !== undefined && Object.hasOwn(values, name) ? values[name] : undefined

function calibrated(score: number, calibration: PlattCalibration | undefined): number {
  if (calibration === undefined) return score
  const within = Math.min(1 - nearest, Math.max(nearest, score))
  const logit = Math.log(within / (1 - within))
  return 1 / (1 + Math.exp(-(calibration.slope * logit + calibration.offset)))
}
