import type { evaluationOptions } from "../commands/evaluation.ts"
import type { Values } from "../Options.ts"
import { UsageError } from "../UsageError.ts"
import { paperModels } from "./PaperRows.ts"

/** @throws UsageError for options that contradict each other, or that nothing would be made of */
export function checkFlags({
  block,
  cascade,
  compare,
  compareJudge,
  judge,
  limit,
  model,
  paper,
  policies: ids,
  policyFile,
  reference,
  release,
  shield,
  ...given
}: Values<typeof evaluationOptions>): void {
  const policies = ids ?? policyFile
  if (limit !== undefined && !(Number.isInteger(limit) && limit > 0)) {
    throw new UsageError(`--limit takes a whole number above 0, not ${limit}`)
  }
  if (model !== undefined && shield !== undefined && model !== shield) {
    throw new UsageError("--model and --shield both name the guard: give one of them")
  }
  if (judge !== undefined && policies !== undefined) {
    throw new UsageError("--policy names ShieldGemma's policies, and --judge has its own: give one of them")
  }
  if (compare !== undefined && compareJudge !== undefined) {
    throw new UsageError("--compare and --compare-judge both name the second guard: give one of them")
  }
  if (cascade === undefined && (release ?? block) !== undefined) {
    throw new UsageError(`--${release === undefined ? "block" : "release"} belongs to --cascade`)
  }
  if (reference !== undefined) throw new UsageError("--reference belongs to --monitor")
  if (paper !== undefined && !paperModels.some((size) => size === paper)) {
    throw new UsageError(`--paper takes one of ${paperModels.join(", ")}, not "${paper}"`)
  }
  if (paper !== undefined && (judge !== undefined || policies !== undefined || limit !== undefined)) {
    throw new UsageError("--paper judges all rows by the paper's policies: leave out --judge, --policy and --limit")
  }
  for (const flag of ["maxFalsePositiveRate", "minRecall"] as const) {
    const share = given[flag]
    const name = flag === "minRecall" ? "--min-recall" : "--max-false-positive-rate"
    if (share === undefined) continue
    if (!(share >= 0 && share <= 1)) throw new UsageError(`${name} takes a share from 0 to 1, not ${share}`)
    if (given.thresholdsOut === undefined) throw new UsageError(`${name} belongs to --thresholds-out`)
  }
}
