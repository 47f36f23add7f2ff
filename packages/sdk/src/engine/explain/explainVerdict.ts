/** Why a verdict fell: each policy that was flagged gets the words that it hangs on, as far as two verdicts' cost goes. */
import * as Effect from "effect/Effect"
import type { FacetError } from "../../words/Errors.ts"
import { inSlices } from "../../words/inSlices.ts"
import type { Policy } from "../../words/Policy.ts"
import type { ReasonFeatures, JudgeRequest } from "../../words/Request.ts"
import type { PolicyVerdict, Verdict, VerdictReason } from "../../words/Verdict.ts"
import type { Judgement } from "../Judgements.ts"
import type { OpenModel } from "../OpenModel.ts"
import type { Scheduler } from "../Scheduler.ts"
import { withSharedPrefix } from "../SharedPrefix.ts"
import { shieldPrompt } from "../shieldPrompt.ts"
import { explainFeatures, type FeatureLook } from "./explainFeatures.ts"
import { explainPolicy, type Judged } from "./explainPolicy.ts"

/** An explanation may cost so many times what the verdict would cost if nothing of it were cached. */
const mostVerdicts = 2

/** Opens an autoencoder to look into the model that judges. */
export type LookInto = (model: OpenModel, wanted: ReasonFeatures) => Effect.Effect<FeatureLook, FacetError>

/** Who judges, and what is asked. */
export interface Judging {
  readonly scheduler: Scheduler
  readonly model: OpenModel
  readonly request: JudgeRequest
  readonly look: LookInto | undefined
}

/** What was judged, piece by piece, and what came of it. */
export interface VerdictParts {
  readonly verdict: Verdict
  readonly pieces: ReadonlyArray<Pick<JudgeRequest, "prompt" | "response">>
  readonly judgements: ReadonlyArray<Judgement>
}

/** The verdict with its reasons. Those of a long text stand in the piece that was flagged most. */
export const explainVerdict = (
  judging: Judging,
  { judgements, pieces, verdict }: VerdictParts,
): Effect.Effect<Verdict, FacetError> =>
  Effect.gen(function* () {
    const { model, request } = judging
    let budget = mostVerdicts * (yield* costOf(model, request, pieces))
    const reasons = new Map<string, VerdictReason>()
    const flagged = verdict.policies
      .filter((policy) => policy.flagged)
      .toSorted((a, b) => b.probability - a.probability)
    for (const [done, { policy: id }] of flagged.entries()) {
      const i = request.policies.findIndex((asked) => asked.id === id && asked.probe === undefined)
      const policy = request.policies[i]
      const at = placeOfMost(judgements.map(({ logits }) => logits[i] ?? -Infinity))
      const judged = judgedAt(request, pieces[at], judgements[at]?.logits[i])
      if (policy === undefined || judged === undefined) continue
      const reason = yield* explainOne(judging, judged, {
        policy,
        budget: Math.floor(budget / (flagged.length - done)),
        known: [...reasons.values()],
      })
      if (reason === undefined) continue
      budget -= reason.tokens.judged
      reasons.set(policy.id, reason)
    }
    return { ...verdict, policies: verdict.policies.map((policy) => withReason(policy, reasons.get(policy.policy))) }
  })

const withReason = (policy: PolicyVerdict, reason: VerdictReason | undefined): PolicyVerdict =>
  reason === undefined ? policy : { ...policy, reason }

function explainOne(
  { look, model, request: { cacheSalt, explain }, scheduler }: Judging,
  judged: Judged,
  asked: { readonly policy: Policy; readonly budget: number; readonly known: ReadonlyArray<VerdictReason> },
): Effect.Effect<VerdictReason | undefined, FacetError> {
  return Effect.gen(function* () {
    const whole = yield* inSlices(() =>
      shieldPrompt(model.tokenizer, { ...judged, policy: asked.policy, spelling: model.spelling }),
    )
    const features = explain?.features
    // What they cost is little beside a stretch that is tried, and is a part of the same budget.
    const found =
      features === undefined || look === undefined
        ? undefined
        : yield* Effect.flatMap(look(model, features), (into) => explainFeatures(into, whole, cacheSalt))
    const budget = asked.budget - (found?.judged ?? 0)
    const reason = yield* withSharedPrefix(
      scheduler,
      model,
      whole,
      (shared) => explainPolicy({ ...asked, budget, model, shared }, judged),
      cacheSalt,
    )
    if (reason === undefined || found === undefined) return reason
    const { cached, judged: run } = reason.tokens
    return { ...reason, features: found.features, tokens: { judged: run + found.judged, cached } }
  })
}

/** Tokens that all policies' prompts are made of, where those that begin alike share what is alike. */
const costOf = (model: OpenModel, { policies }: JudgeRequest, pieces: VerdictParts["pieces"]) =>
  Effect.gen(function* () {
    let cost = 0
    for (const piece of pieces) {
      let last: ReadonlyArray<number> = []
      for (const policy of policies) {
        const tokens = yield* inSlices(() =>
          shieldPrompt(model.tokenizer, { ...piece, policy, spelling: model.spelling }),
        )
        const common = tokens.findIndex((id, i) => id !== last[i])
        cost += tokens.length - (common < 0 ? tokens.length : common)
        last = tokens
      }
    }
    return cost
  })

const placeOfMost = (values: ReadonlyArray<number>): number => values.indexOf(Math.max(...values))

/** A piece, and where it stands; undefined where its ends cut characters in two, so that it cannot be found again. */
function judgedAt(
  request: JudgeRequest,
  piece: VerdictParts["pieces"][number] | undefined,
  margin: number | undefined,
): Judged | undefined {
  if (piece === undefined || margin === undefined) return undefined
  const side = piece.response === undefined ? "prompt" : "response"
  // A character that a border cut reads as U+FFFD, and is no part of the text.
  const text = (piece[side] ?? "").replace(/^\uFFFD+|\uFFFD+$/g, "")
  const offset = (request[side] ?? "").indexOf(text)
  return offset < 0 ? undefined : { ...piece, [side]: text, offset, margin }
}
