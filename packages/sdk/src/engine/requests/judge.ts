/** Judging a content by policies, as an engine does it. */
import * as Effect from "effect/Effect"
import { checked } from "../../words/checked.ts"
import { checkPolicyDetails } from "../../words/checkPolicyDetails.ts"
import { type FacetError, GuardTimeoutError } from "../../words/Errors.ts"
import type { InterventionRequest } from "../../words/Intervention.ts"
import { checkJudgedLength, checkPolicyCount, type JudgingLimits } from "../../words/JudgingLimits.ts"
import type { JudgeRequest, ReasonFeatures } from "../../words/Request.ts"
import type { Verdict } from "../../words/Verdict.ts"
import { checkProbes } from "../checkProbes.ts"
import { checkWrites } from "../explain/checkWrites.ts"
import { checkWidth, type FeatureLook } from "../explain/explainFeatures.ts"
import { lastSite } from "../explain/unembed.ts"
import { judge as judgeOn } from "../judge.ts"
import type { OpenModel } from "../OpenModel.ts"
import { siteOf } from "../Scopes.ts"
import { askedBy, type EngineParts } from "./EngineParts.ts"
import { placedIn } from "./placedIn.ts"

export const judge = (engine: EngineParts, request: JudgeRequest): Effect.Effect<Verdict, FacetError> =>
  Effect.andThen(
    checked(() => checkJudging(request, engine.options.judging)),
    engine.scheduler.admit(
      () => Effect.flatMap(engine.models.load(request.model), ({ model }) => judgeIn(engine, model, request)),
      { ...askedBy(request), isNested: request.isNested },
    ),
  )

/** Judges within another request of a guard that is open. */
export const judgeNested = (
  engine: EngineParts,
  model: OpenModel,
  request: JudgeRequest,
): Effect.Effect<Verdict, FacetError> =>
  Effect.andThen(
    checked(() => checkJudging(request, engine.options.judging)),
    judgeIn(engine, model, request),
  )

/** Within the time that judging may take. */
function judgeIn(engine: EngineParts, model: OpenModel, request: JudgeRequest): Effect.Effect<Verdict, FacetError> {
  const { options, scheduler } = engine
  const { timeoutMs } = options.judging
  const judged = Effect.andThen(
    openForProbes(engine, model, request),
    judgeOn(scheduler, model, request, (guard, features) => lookInto(engine, guard, features)),
  )
  return Effect.timeoutOrElse(judged, {
    duration: timeoutMs,
    orElse: () => Effect.fail(new GuardTimeoutError({ milliseconds: timeoutMs })),
  })
}

function openForProbes(
  { models }: EngineParts,
  model: OpenModel,
  { policies }: JudgeRequest,
): Effect.Effect<void, FacetError> {
  const probed = policies.filter(({ probe }) => probe !== undefined)
  if (probed.length === 0) return Effect.void
  return Effect.flatMap(checkProbes(model, probed), (sites) => models.openFor(model, sites))
}

/** Opens the autoencoder whose features are to say why a verdict fell. */
const lookInto = (
  { models, scheduler, scopes }: EngineParts,
  model: OpenModel,
  { of, topK, ...where }: ReasonFeatures,
): Effect.Effect<FeatureLook, FacetError> =>
  Effect.gen(function* () {
    const { scope } = yield* models.load(of)
    const judging = { model, scope }
    const { sae: features } = yield* placedIn(scopes.features(judging, siteOf(where)), "explain.")
    yield* checked(() => checkWrites(features.site, "explain.site"))
    const row = yield* scheduler.step("Reading the autoencoder", () => features.decoderRow(0))
    yield* checked(() => checkWidth(model, row))
    const sae = yield* placedIn(scopes.sae(judging, siteOf(where)), "explain.")
    // A transcoder reads in another place than it writes.
    const [read, end] = [{ layer: sae.entry.layer, site: sae.entry.site }, lastSite(model)]
    const wanted = { taps: [read, end], interventions: [features.change, end] }
    if (!model.isOpenFor(wanted)) {
      yield* scheduler.step("Opening the guard for its features", () => model.openFor(wanted))
    }
    const resolve = (interventions: ReadonlyArray<InterventionRequest>) =>
      scopes.interventions({ interventions }, judging)
    return { scheduler, model, sae, features, topK, resolve }
  })

function checkJudging({ policies, prompt = "", response = "" }: JudgeRequest, limits: JudgingLimits): void {
  checkJudgedLength("prompt", prompt, limits)
  checkJudgedLength("response", response, limits)
  checkPolicyCount(policies, limits)
  for (const [i, policy] of policies.entries()) checkPolicyDetails(`policies[${i}]`, policy)
}
