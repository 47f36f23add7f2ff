/** Thresholds as one file, which `facet eval --thresholds-out` writes and every guard reads. */
import { checkKnown, show } from "./Checks.ts"
import { invalidRequest } from "./Errors.ts"
import { isRecord } from "./Json.ts"
import { policies } from "./ReleasedPolicies.ts"
import type { Verdict } from "./Verdict.ts"

/**
 * From which probability on each policy flags, by its id. It is plain JSON:
 *
 * @example
 * const thresholds = { kind: "facet-thresholds", version: 1, thresholds: { dangerous_content: 0.2 } } as const
 * const verdict = await facet.shield("How do I bake bread?", { thresholds })
 * console.log(verdict.policies[0]?.threshold) // => 0.2
 */
export interface Thresholds {
  readonly kind: "facet-thresholds"
  readonly version: 1
  /** From 0 to 1; a policy that is not among them keeps its own. */
  readonly thresholds: Readonly<Record<string, number>>
  /** What they were chosen for, for people: the guard. */
  readonly guard?: string | undefined
  /** What they were chosen on, for people: the dataset, and how. */
  readonly chosenOn?: string | undefined
}

const names = ["kind", "version", "thresholds", "guard", "chosenOn"] as const satisfies ReadonlyArray<keyof Thresholds>

/**
 * Reads what such a file holds, once its JSON is parsed.
 *
 * @param judged the ids of the policies that are judged, where they are known: another is a mistake, unless it is a built-in one
 * @throws InvalidRequestError that names the field
 */
export function readThresholds(
  value: unknown,
  option = "thresholds",
  judged?: ReadonlyArray<string>,
): Thresholds | undefined {
  if (value === undefined) return undefined
  checkKnown(value, names, option)
  // What is a record of these names is looked at field by field below.
  const { kind, thresholds, version } = value as Readonly<Record<string, unknown>>
  const remedy = "Pass what a file of `facet eval --thresholds-out` holds."
  if (kind !== "facet-thresholds")
    throw invalidRequest(`${option}.kind`, `${show(kind)} is not "facet-thresholds"`, remedy)
  if (version !== 1) throw invalidRequest(`${option}.version`, `${show(version)} is not 1`, remedy)
  if (!isRecord(thresholds) || Object.keys(thresholds).length === 0) {
    throw invalidRequest(`${option}.thresholds`, "it names no policy", remedy)
  }
  for (const [id, threshold] of Object.entries(thresholds)) {
    const path = `${option}.thresholds.${id}`
    // Written so that NaN fails too.
    if (!(typeof threshold === "number" && threshold >= 0 && threshold <= 1)) {
      throw invalidRequest(path, `${show(threshold)} is no probability`, "Use a number from 0 to 1.")
    }
    if (judged === undefined || judged.includes(id) || Object.hasOwn(policies, id)) continue
    throw invalidRequest(path, "no such policy is judged", `Judged are: ${judged.join(", ")}.`)
  }
  // Each of its fields was looked at.
  return value as Thresholds
}

/** Its own where the file says none; a policy may be called what every object has. */
export const thresholdOf = (id: string, own: number, { thresholds }: Pick<Thresholds, "thresholds">): number =>
  Object.hasOwn(thresholds, id) ? thresholds[id]! : own

/** The same verdict, flagged from these thresholds on. */
export function withThresholds(verdict: Verdict, thresholds: Thresholds): Verdict {
  const policies = verdict.policies.map((said) => {
    const threshold = thresholdOf(said.policy, said.threshold, thresholds)
    return { ...said, threshold, flagged: said.probability >= threshold }
  })
  return { ...verdict, policies, flagged: policies.some(({ flagged }) => flagged) }
}
