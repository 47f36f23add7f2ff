import * as Effect from "effect/Effect"
import { checked } from "../words/checked.ts"
import type { Content, ContentTexts, JudgingPlan, ShieldOptions } from "../words/Content.ts"
import { type FacetError, isFacetError, JudgeError } from "../words/Errors.ts"
import type { Judge } from "../words/Judge.ts"
import { verdictOfJudgement } from "../words/verdictOfJudgement.ts"
import { lateCode } from "../words/lateCode.ts"
import type { Opened } from "../words/Opened.ts"
import { type Policy, resolvePolicies } from "../words/Policy.ts"
import type { ExchangeLines } from "../words/promptReadings.ts"
import { readContent } from "../words/readContent.ts"
import { thresholdOf, withThresholds } from "../words/Thresholds.ts"
import type { Verdict } from "../words/Verdict.ts"
import { judgeByPlace } from "./judgeByPlace.ts"
import type { Probed } from "./judgeInCascade.ts"

/** How the models that judge are asked. */
export interface JudgingOptions {
  /** Whether it judges for a generation that is under way. */
  readonly isNested: boolean
  /** What is told of a chat in the prompt's place, where the guard knows its tokens. */
  readonly exchange?: ExchangeLines | undefined
  /** What is told of the reasons of what is flagged. */
  readonly explain?: ShieldOptions["explain"]
}

/** What a judgement is for. */
export interface Judging {
  /** Whether it judges for a generation that is under way. */
  readonly isNested: boolean
  /** What is told of a chat in the prompt's place, where the guard knows its tokens. */
  readonly exchange?: ExchangeLines | undefined
  /** The content before a guard read it. */
  readonly original?: ContentTexts | undefined
  /** What the cascade's probes read in passes that ran anyway. */
  readonly probed?: Probed | undefined
}

const unread: Probed = Effect.succeed(undefined)

/** Most pages have no cascade, and load none of it. */
const loadCascade = lateCode(() => import("./judgeInCascade.ts"))

/**
 * Asks the models that judge, wherever they run, or the judge that stands in their place, and before them the probes of a cascade:
 * the one way to a verdict.
 */
export const judge = (
  content: Content,
  { cascade, explain, judge: other, policies, thresholds }: JudgingPlan,
  { exchange, isNested, original, probed = unread }: Judging,
): Effect.Effect<Verdict, FacetError, Opened> =>
  Effect.gen(function* () {
    const texts = yield* checked(() => readContent(content))
    // A server that tells bounds of a probability decides by the threshold that is meant.
    const withThreshold = (policy: Policy): Policy => ({
      ...policy,
      ...(thresholds && { threshold: thresholdOf(policy.id, policy.threshold, thresholds) }),
    })
    const asked =
      other === undefined
        ? judgeByPlace(texts, policies.map(withThreshold), { exchange, explain, isNested })
        : askJudge(other, texts, isNested, original ?? texts)
    const guarded =
      thresholds === undefined ? asked : Effect.map(asked, (verdict) => withThresholds(verdict, thresholds))
    if (cascade === undefined) return yield* guarded
    const { judgeInCascade } = yield* loadCascade
    return yield* judgeInCascade(cascade, texts, isNested, probed, guarded)
  }).pipe(Effect.withSpan("facet.judge"))

/** A judge is stopped with the call that asks it, and so is the model where it asks that. */
const askJudge = (
  judge: Judge,
  content: ContentTexts,
  isNested: boolean,
  original: ContentTexts,
): Effect.Effect<Verdict, FacetError, Opened> =>
  Effect.gen(function* () {
    const run = Effect.runPromiseWith(yield* Effect.context<Opened>())
    const ask = async (signal: AbortSignal): Promise<Verdict> => {
      const shield = async (policies?: ReadonlyArray<string | Policy>) =>
        run(judgeByPlace(content, resolvePolicies(policies), { isNested }), { signal })
      return verdictOfJudgement(judge, await judge.judge(content, { original, shield, signal }), original)
    }
    return yield* Effect.tryPromise({ try: ask, catch: (cause) => asJudgeError(judge.name, cause) })
  })

const asJudgeError = (judge: string, cause: unknown): FacetError =>
  isFacetError(cause)
    ? cause
    : new JudgeError({
        judge,
        problem: cause instanceof Error ? cause.message : String(cause),
        remedy: "See what it needs, or leave it out.",
      })
