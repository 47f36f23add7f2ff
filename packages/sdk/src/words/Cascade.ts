/** Cascades: cheap probes judge first, and the guard where they are unsure. */
import { checkKnown, show } from "./Checks.ts"
import { invalidRequest } from "./Errors.ts"
import { type Policy, resolvePolicies } from "./Policy.ts"
import type { Probe } from "./Probe.ts"
import type { Verdict } from "./Verdict.ts"

/** Whose verdict it is, in a cascade: the probes', or that of the guard behind them. */
export const judgingStages = ["probe", "guard"] as const
export type JudgingStage = (typeof judgingStages)[number]

/**
 * Probes that judge before the guard does. They read activations of passes that run anyway: those of our own generation, while it
 * is written; for other texts one pass of the model that they were trained on. What they are unsure of, the guard judges.
 *
 * @example
 * const verdict = await facet.shield("How do I bake bread?", { cascade: { probes: [harm], release: 0.2 } })
 * console.log(verdict.stage) // => probe
 */
export interface Cascade {
  /**
   * Policies that have a probe and ask no guideline beside it, such as `trainPolicy` and `distilPolicy` make. The highest of their
   * probabilities counts; their own thresholds do not.
   */
  readonly probes: ReadonlyArray<Policy>
  /** From 0 to 1: below it a text is released and no guard is asked. */
  readonly release: number
  /** Above `release`, and at most 1: from it on a text is flagged and no guard is asked. Default: the guard is. */
  readonly block?: number | undefined
}

/** A policy whose probe alone judges. */
export type ProbePolicy = Policy & { readonly probe: Probe }

/** A cascade as it was understood. */
export interface CascadePlan {
  readonly probes: ReadonlyArray<ProbePolicy>
  readonly release: number
  /** Infinite where the guard is always asked first. */
  readonly block: number
}

/**
 * @param option its path, for the error
 * @throws InvalidRequestError that names the field
 */
export function readCascade(option: string, given: unknown): CascadePlan | undefined {
  if (given === undefined) return undefined
  checkKnown(given, ["probes", "release", "block"], option)
  // Its fields are checked one by one.
  const { block, probes, release } = given as Partial<Cascade>
  const limit = (field: string, value: unknown, isFine: boolean, remedy: string) => {
    if (!isFine) throw invalidRequest(`${option}.${field}`, `${show(value)} is out of range`, remedy)
  }
  // Both are written so that NaN fails too.
  limit("release", release, typeof release === "number" && release >= 0 && release <= 1, "Use a number from 0 to 1.")
  const isAbove = typeof block === "number" && block > release! && block <= 1
  limit("block", block, block === undefined || isAbove, "Use a number above `release` and at most 1, or leave it out.")
  if (!Array.isArray(probes) || probes.length === 0) {
    throw invalidRequest(`${option}.probes`, "there are none", "Pass policies that trainPolicy() made.")
  }
  return {
    probes: resolvePolicies(probes).map((policy, i) => probeAlone(`${option}.probes[${i}]`, policy)),
    release: release!,
    block: block ?? Infinity,
  }
}

function probeAlone(option: string, policy: Policy): ProbePolicy {
  const { probe } = policy
  if (probe === undefined) {
    throw invalidRequest(
      option,
      `"${policy.id}" has no probe`,
      "Train one with trainPolicy(), or pass it in `policies`.",
    )
  }
  if (probe.guideline !== undefined) {
    const problem = `"${policy.id}" counts its guideline beside the probe, which asks the guard each time`
    throw invalidRequest(`${option}.probe.guideline`, problem, "Train it with the method `probe`.")
  }
  return { ...policy, probe }
}

/**
 * The probes' verdict, where it is final.
 *
 * @param probabilities one for each probe
 */
export function verdictOfProbes(
  { block, probes, release }: CascadePlan,
  probabilities: ReadonlyArray<number>,
  tokens: Verdict["tokens"],
): Verdict | undefined {
  const highest = Math.max(...probabilities)
  const flagged = highest >= block
  // Written so that NaN is no verdict.
  if (!flagged && !(highest < release)) return undefined
  const threshold = flagged ? block : release
  const policies = probes.map(({ id }, i) => {
    const probability = probabilities[i] ?? NaN
    return { policy: id, probability, threshold, flagged: probability >= threshold }
  })
  return { flagged, policies, tokens, stage: "probe" }
}
