/** What is judged, and by what. */
import { type Cascade, type CascadePlan, readCascade } from "./Cascade.ts"
import { checkKnown, checkNumber, show } from "./Checks.ts"
import type { Generation } from "./Generation.ts"
import { invalidRequest } from "./Errors.ts"
import { checkJudge, type Judge } from "./Judge.ts"
import { type Policy, resolvePolicies } from "./Policy.ts"
import { readThresholds, type Thresholds } from "./Thresholds.ts"
import type { ReasonFeatures } from "./Request.ts"
import { readSite } from "./Site.ts"

/** What is judged: a prompt; a prompt and its response; a response alone; a finished generation. */
export type Content = string | { readonly prompt?: string; readonly response?: string } | Generation

export interface ShieldOptions {
  /** Ids, or policies that the app defined. Default: the four of ShieldGemma. */
  readonly policies?: ReadonlyArray<string | Policy> | undefined
  /** What judges in ShieldGemma's place, by policies of its own: one of `@facet/sdk/judges`, or one of the app's. */
  readonly judge?: Judge | undefined
  /** What a file of `facet eval --thresholds-out` holds: from which probability on each policy flags. */
  readonly thresholds?: Thresholds | undefined
  /** Probes that judge first: the guard is asked where they are unsure. */
  readonly cascade?: Cascade | undefined
  /**
   * Whether a verdict that flags something says which words it hangs on: see {@link VerdictReason}. Costs at most what two
   * verdicts cost, and nothing where nothing is flagged. Default `false`.
   */
  readonly explain?: boolean | ExplainOptions | undefined
}

/** What an explanation tells beside the words. */
export interface ExplainOptions {
  /**
   * So many features of Gemma Scope for each policy that is flagged, from 1 on: the autoencoders are those of the model that
   * writes, which has to be as wide as the guard. Left out, none are looked for.
   */
  readonly features?: number | undefined
  /** Which autoencoder, as for `inspect`: one that writes to the residual stream, `resid_post` or `mlp_out`. */
  readonly layer?: number | undefined
  readonly site?: string | undefined
}

const shieldOptionNames = ["policies", "judge", "thresholds", "cascade", "explain"] as const satisfies ReadonlyArray<
  keyof ShieldOptions
>

/** @throws InvalidRequestError that names the option. */
export function checkShieldOptions(options: ShieldOptions): void {
  checkKnown(options, shieldOptionNames)
}

const featureCount = { min: 1, max: 64, integer: true }

/**
 * What is to be explained; undefined where nothing is.
 *
 * @param option its path, for the error.
 * @throws InvalidRequestError that names the option.
 */
export function readExplain(
  explain: ShieldOptions["explain"],
  option = "explain",
): { readonly features?: Omit<ReasonFeatures, "of"> } | undefined {
  if (explain === undefined || explain === false) return undefined
  if (explain === true) return {}
  if (typeof explain !== "object" || explain === null) {
    throw invalidRequest(
      option,
      `${show(explain)} where true or false is expected`,
      "Pass `true`, or `{ features: 5 }`.",
    )
  }
  checkKnown(explain, ["features", "layer", "site"], option)
  const { features: topK, layer, site } = explain
  const where = readSite({ layer, site }, `${option}.`)
  if (topK === undefined) return {}
  checkNumber(`${option}.features`, topK, featureCount)
  return { features: { topK, ...where } }
}

/** What a content is judged by. */
export interface JudgingPlan {
  /** The model's; none where another judge stands in its place. */
  readonly policies: ReadonlyArray<Policy>
  readonly judge: Judge | undefined
  readonly thresholds: Thresholds | undefined
  readonly cascade: CascadePlan | undefined
  readonly explain: ShieldOptions["explain"]
}

/**
 * Says what is wrong before anything is judged.
 *
 * @param at the path of an option
 * @throws InvalidRequestError that names it
 */
export function readJudgingPlan(
  { cascade: given, explain, judge, policies, thresholds }: ShieldOptions,
  at: (option: keyof ShieldOptions) => string = (option) => option,
): JudgingPlan {
  checkJudge(at("judge"), judge)
  readExplain(explain, at("explain"))
  const cascade = readCascade(at("cascade"), given)
  if (judge === undefined) {
    const resolved = resolvePolicies(policies)
    const ids = resolved.map(({ id }) => id)
    return {
      policies: resolved,
      judge,
      cascade,
      explain,
      thresholds: readThresholds(thresholds, at("thresholds"), ids),
    }
  }
  if (policies !== undefined) {
    throw invalidRequest(
      at("policies"),
      "they are ShieldGemma's, and `judge` stands in its place",
      "Leave out one of the two, or name the policies in `shieldGemma({ policies })` of @facet/sdk/judges.",
    )
  }
  if (explain !== undefined && explain !== false) {
    const remedy = "Leave out one of the two: reasons are those of ShieldGemma's own verdicts."
    throw invalidRequest(at("explain"), "another judge stands in ShieldGemma's place, and tells no reasons", remedy)
  }
  return { policies: [], judge, cascade, explain, thresholds: readThresholds(thresholds, at("thresholds")) }
}

/** A content's two sides. */
export interface ContentTexts {
  readonly prompt: string | undefined
  readonly response: string | undefined
}
