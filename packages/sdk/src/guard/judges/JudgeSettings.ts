/** What every judge is told: from where on it flags, and what its scores are worth. */
import { checkKnown, show } from "../../words/Checks.ts"
import { invalidRequest } from "../../words/Errors.ts"
import { isRecord } from "../../words/Json.ts"
import type { Judgement } from "../../words/Judge.ts"
import type { PlattCalibration } from "../../words/Question.ts"

export interface JudgeSettings {
  /** From which probability on a policy is flagged: one for all, or by id. Default 0.5. */
  readonly thresholds?: number | Readonly<Record<string, number>> | undefined
  /**
   * What makes its scores probabilities: P = 1 / (1 + exp(-(slope * logit + offset))), one for all or by policy (Platt, 1999).
   * Default: scores are taken as they are.
   */
  readonly calibration?: PlattCalibration | Readonly<Record<string, PlattCalibration>> | undefined
}

export const settingNames = ["thresholds", "calibration"] as const satisfies ReadonlyArray<keyof JudgeSettings>

/** What a judge found of a policy, from 0 to 1, before it is calibrated. */
export interface PolicyScore {
  readonly policy: string
  readonly score: number
  /** Whether who told the score flags it by a threshold of its own. */
  readonly isFlagged?: boolean
}

const defaultThreshold = 0.5

/** A score of exactly 0 or 1 has no logit: so far from it is as near as it is taken. */
const nearest = 1e-9

/** @throws InvalidRequestError that names the option */
export function checkSettings({ calibration, thresholds }: JudgeSettings): void {
  if (thresholds !== undefined) {
    const named = isRecord(thresholds) ? Object.entries(thresholds) : [["", thresholds] as const]
    for (const [id, threshold] of named) {
      // Written so that NaN fails too.
      if (typeof threshold === "number" && threshold >= 0 && threshold <= 1) continue
      const path = id === "" ? "thresholds" : `thresholds.${id}`
      throw invalidRequest(path, `${show(threshold)} is no probability`, "Use a number from 0 to 1.")
    }
  }
  if (calibration === undefined) return
  const named: ReadonlyArray<readonly [string, unknown]> =
    isPlatt(calibration) || !isRecord(calibration)
      ? [["calibration", calibration]]
      : Object.entries(calibration).map(([id, own]) => [`calibration.${id}`, own] as const)
  for (const [path, own] of named) {
    checkKnown(own, ["slope", "offset"], path)
    if (isPlatt(own) && Number.isFinite(own.slope) && Number.isFinite(own.offset)) continue
    throw invalidRequest(path, `${show(own)} is no calibration`, "Pass { slope, offset }, two finite numbers.")
  }
}

const isPlatt = (value: unknown): value is PlattCalibration =>
  isRecord(value) && typeof value["slope"] === "number" && typeof value["offset"] === "number"

/**
 * Scores as a judgement. A service's own flag counts where no threshold was given: its threshold is then no higher than the
 * probability, which is all that is known of it.
 */
export function judgementOf(
  scores: ReadonlyArray<PolicyScore>,
  { calibration, thresholds }: JudgeSettings,
): { readonly policies: Judgement["policies"] } {
  const policies = scores.map(({ isFlagged = false, policy, score }) => {
    const probability = calibrated(score, isPlatt(calibration) ? calibration : own(calibration, policy))
    const given = typeof thresholds === "number" ? thresholds : own(thresholds, policy)
    const usual = isFlagged ? Math.min(defaultThreshold, probability) : defaultThreshold
    return { policy, probability, threshold: given ?? usual }
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
