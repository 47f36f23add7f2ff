import { checkKnown } from "../../words/Checks.ts"
import type { Judge } from "../../words/Judge.ts"
import { type Policy, resolvePolicies } from "../../words/Policy.ts"
import type { PolicyVerdict } from "../../words/Verdict.ts"
import { checkSettings, judgementOf, type JudgeSettings, settingNames } from "./JudgeSettings.ts"

export interface ShieldGemmaOptions extends JudgeSettings {
  /** Ids, or policies of one's own. Default: the four of ShieldGemma. Their own thresholds count where `thresholds` says none. */
  readonly policies?: ReadonlyArray<string | Policy> | undefined
}

/**
 * The ShieldGemma that was opened with the Facet, as one judge among others.
 *
 * @throws InvalidRequestError for an option that is wrong
 * @example
 * const judge = anyOf([wordList({ words: ["xylophone"] }), shieldGemma({ policies: ["dangerous_content"] })])
 * const { flagged } = await facet.shield("Do you play the xylophone?", { judge })
 * console.log(flagged) // => true
 */
export function shieldGemma(options: ShieldGemmaOptions = {}): Judge {
  checkKnown(options, ["policies", ...settingNames])
  const policies = resolvePolicies(options.policies)
  checkSettings(
    options,
    policies.map(({ id }) => id),
  )
  const thresholds = Object.fromEntries(policies.map(({ id, threshold }) => [id, threshold]))
  const settings =
    typeof options.thresholds === "number"
      ? options
      : { ...options, thresholds: { ...thresholds, ...options.thresholds } }
  return {
    name: "shieldGemma",
    usesModel: true,
    judge: async (_, { shield }) => {
      const { policies: said, tokens } = await shield(policies)
      const scores = said.map(({ policy, probability }) => ({ policy, score: probability }))
      const judged = judgementOf(scores, settings).policies.map((one, i) => ({ ...actionOf(said[i]), ...one }))
      return { policies: judged, tokens }
    },
  }
}

/** What a guard does about it stays what the policy says, where the judge is told nothing else. */
const actionOf = (said: PolicyVerdict | undefined): Pick<PolicyVerdict, "action"> =>
  said?.action === undefined ? {} : { action: said.action }
