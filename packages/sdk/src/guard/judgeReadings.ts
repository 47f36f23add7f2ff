/** Has all readings of a prompt judged: the worst counts. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { FacetError } from "../words/Errors.ts"
import type { JudgingStage } from "../words/Cascade.ts"
import type { PromptReading } from "../words/promptReadings.ts"
import { cutsOf } from "../words/Redaction.ts"
import { holdsBack, holdsBackInput, type PolicyVerdict, type Verdict } from "../words/Verdict.ts"

/** The verdict on what came in, and how many judgements it took. */
export interface InputJudgement {
  readonly verdict: Verdict
  readonly judgements: number
  /** In a cascade: how many of them were whose. */
  readonly stages?: Record<JudgingStage, number> | undefined
  /** What a judge that redacts would cut out of the readings, as it stands there. Left out where it was not asked of all of them. */
  readonly finds?: ReadonlySet<string> | undefined
}

/**
 * One reading after the other, until one is flagged. One that cannot be judged keeps none of the others from being so, and where
 * one of them is flagged, that counts.
 *
 * @param readings at least one
 * @param redacts whether what is cut out may be written otherwise: then it ends no sooner than at one that is held back.
 * @param judge takes no second place in the queue for a reading that is nested: its request was let in with the first.
 */
export const judgeReadings = <R>(
  readings: ReadonlyArray<PromptReading>,
  judge: (reading: PromptReading, isNested: boolean) => Effect.Effect<Verdict, FacetError, R>,
  redacts = false,
): Effect.Effect<InputJudgement, FacetError, R> =>
  Effect.gen(function* () {
    const verdicts: Array<Verdict> = []
    const failures: Array<FacetError> = []
    const finds = new Set<string>()
    for (const [place, reading] of readings.entries()) {
      const { text, turn } = reading
      const judged = yield* Effect.result(judge(reading, place > 0))
      if (Result.isFailure(judged)) failures.push(judged.failure)
      else verdicts.push({ ...judged.success, ...(turn !== undefined && { turn }) })
      const last = verdicts.at(-1)
      if (last !== undefined && (redacts ? holdsBack(last) : holdsBackInput(last))) return judgementOf(verdicts)
      for (const { end, start } of last === undefined || Result.isFailure(judged) ? [] : cutsOf(last.policies)) {
        finds.add(text.slice(start, end))
      }
    }
    const [failure] = failures
    if (failure === undefined) return { ...judgementOf(verdicts), ...(redacts && { finds }) }
    return finds.size > 0 ? judgementOf(verdicts) : yield* Effect.fail(failure)
  })

function judgementOf(verdicts: ReadonlyArray<Verdict>): InputJudgement {
  const worst = verdicts.reduce((worst, verdict) => (marginOf(verdict) > marginOf(worst) ? verdict : worst))
  const sum = (count: keyof Verdict["tokens"]) => verdicts.reduce((all, { tokens }) => all + tokens[count], 0)
  return {
    verdict: {
      ...worst,
      policies: [...worst.policies, ...othersOf(worst, verdicts)],
      tokens: { judged: sum("judged"), cached: sum("cached") },
    },
    judgements: verdicts.length,
    stages: stagesOf(verdicts),
  }
}

/** What policies say that did not judge the worst reading, as they do not judge whose it is: each of the reading that is worst to it. */
function othersOf(worst: Verdict, verdicts: ReadonlyArray<Verdict>): Verdict["policies"] {
  const others = new Map<string, PolicyVerdict>()
  // In a cascade probes have policies of their own.
  for (const said of verdicts.flatMap(({ policies, stage }) => (stage === worst.stage ? policies : []))) {
    if (worst.policies.some(({ policy }) => policy === said.policy)) continue
    const known = others.get(said.policy)
    if (known === undefined || overThreshold(said) > overThreshold(known)) others.set(said.policy, said)
  }
  return [...others.values()]
}

const overThreshold = ({ probability, threshold }: PolicyVerdict): number => probability - threshold

/** How many verdicts of a cascade are whose; undefined where there is no cascade. */
export function stagesOf(verdicts: ReadonlyArray<Verdict>): Record<JudgingStage, number> | undefined {
  const of = (stage: JudgingStage) => verdicts.filter((verdict) => verdict.stage === stage).length
  const stages = { probe: of("probe"), guard: of("guard") }
  return stages.probe + stages.guard === 0 ? undefined : stages
}

/** How near it is to the threshold that is nearest, or how far beyond. */
const marginOf = (verdict: Verdict): number =>
  Math.max(...verdict.policies.map(overThreshold)) +
  // Whatever holds a text back is worse than what only tells.
  Number(holdsBackInput(verdict)) * 2
