/** The effects `trainPolicy` and `distilPolicy`: a policy out of examples. */
import * as Effect from "effect/Effect"
import { judgeByPlace } from "../guard/judgeByPlace.ts"
import { callHook } from "../words/callHook.ts"
import type { FacetError } from "../words/Errors.ts"
import type { Opened } from "../words/Opened.ts"
import { type Policy, type PolicyExample, readPolicy, resolvePolicies } from "../words/Policy.ts"
import type { DistilPolicyOptions, TrainPolicyOptions } from "../words/PolicyTrainingOptions.ts"
import { lateCode } from "../words/lateCode.ts"

const page = { callHook, judge: judgeByPlace, readPolicy, resolvePolicies }
const loadTraining = lateCode(() => import("./policies/Training.ts"))

/**
 * Makes a policy of a guideline and of examples. Three ways are tried: the guideline asked and calibrated; a logistic regression
 * on the mean and the largest of each column of `resid_post`, at the layer that folds choose; both. The best by the area under
 * the precision-recall curve on held-out folds is kept, with its figures in `policy.training`.
 *
 * Fails with an `InvalidRequestError` that names the example: a label that is missing, a text that comes twice, that has both
 * labels or does not fit into the model's window; or that says what the examples cannot tell. Fewer than 50 give no figures.
 *
 * @example
 * const examples = [
 *   ...["Buy now!", "Buy a cake!", "Buy my boat!"].map((text) => ({ text, label: 1 as const })),
 *   ...["The fox ran.", "We had soup.", "The moon rose."].map((text) => ({ text, label: 0 as const })),
 * ]
 * const policy = yield* trainPolicy(examples, { id: "spam", guideline: '"No Spam": The prompt shall not advertise.' })
 * const verdict = yield* shield("Buy bread!", { policies: [policy] })
 */
export const trainPolicy = (
  examples: ReadonlyArray<PolicyExample>,
  options: TrainPolicyOptions,
): Effect.Effect<Policy, FacetError, Opened> =>
  Effect.flatMap(loadTraining, ({ trainOnExamples }) => trainOnExamples(page, examples, options)).pipe(
    Effect.withSpan("facet.trainPolicy"),
  )

/**
 * Has the guard label texts, and trains a probe on them: by default of the model that writes, whose activations are there
 * while it does.
 *
 * Fails as `trainPolicy` does.
 *
 * @example
 * const nasty = ["You are stupid.", "You are ugly, and nobody likes you.", "Shut up, you idiot."]
 * const texts = [...nasty, "The fox ran.", "We had soup.", "The moon rose."]
 * const quick = yield* distilPolicy(texts, { policies: [definePolicy({ id: "harassment", threshold: 0.3 })], layers: [2] })
 */
export const distilPolicy = (
  texts: ReadonlyArray<string>,
  options: DistilPolicyOptions = {},
): Effect.Effect<Policy, FacetError, Opened> =>
  Effect.flatMap(loadTraining, ({ trainOnVerdicts }) => trainOnVerdicts(page, texts, options)).pipe(
    Effect.withSpan("facet.distilPolicy"),
  )
