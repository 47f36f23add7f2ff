/** What the model that is asked makes of the questions that are its own. */
import * as Effect from "effect/Effect"
import { type FacetError, InvalidRequestError } from "../words/Errors.ts"
import type { ReadQuestion } from "../words/readQuestions.ts"
import type { JudgeRequest, ModelRef } from "../words/Request.ts"
import type { Verdict } from "../words/Verdict.ts"
import type { OpenModel } from "./OpenModel.ts"
import { type OptionLogits, optionLogits } from "./optionLogits.ts"
import type { Scheduler } from "./Scheduler.ts"

/** Who asks what of which model. */
export interface QuestionsAsked {
  readonly model: ModelRef
  readonly state: string
  /** All of them the model's own: see {@link ownQuestions}. */
  readonly questions: ReadonlyArray<ReadQuestion>
  readonly cacheSalt?: string | undefined
}

/** How a model is asked. */
export interface QuestionsEngine {
  readonly scheduler: Scheduler
  readonly judge: (model: OpenModel, request: JudgeRequest) => Effect.Effect<Verdict, FacetError>
}

/** Policies are a guard's, all else is asked of a model that writes. */
export const ownQuestions = ({ use }: ModelRef, questions: ReadonlyArray<ReadQuestion>): ReadonlyArray<ReadQuestion> =>
  questions.filter(({ policy }) => (policy === undefined) === (use === "text"))

export const questionLogits = (
  engine: QuestionsEngine,
  open: OpenModel,
  { cacheSalt, model, questions, state }: QuestionsAsked,
): Effect.Effect<OptionLogits, FacetError> =>
  model.use === "text"
    ? optionLogits(engine.scheduler, open, { state, questions: questions.map(({ asked }) => asked), cacheSalt })
    : Effect.gen(function* () {
        const logits = new Map<ReadQuestion, ReadonlyArray<number>>()
        let [judged, cached] = [0, 0]
        for (const side of ["prompt", "response"] as const) {
          const asked = questions.filter(({ policy }) => policy?.judge === side)
          if (asked.length === 0) continue
          const policies = asked.flatMap(({ policy }) => (policy === undefined ? [] : [policy.policy]))
          const request = { model, [side]: state, policies, isNested: false, cacheSalt }
          const verdict = yield* Effect.mapError(engine.judge(open, request), asAsked)
          judged += verdict.tokens.judged
          cached += verdict.tokens.cached
          for (const [i, { probability }] of verdict.policies.entries()) {
            logits.set(asked[i]!, [Math.log(probability), Math.log1p(-probability)])
          }
        }
        return { logits: questions.map((question) => logits.get(question) ?? []), tokens: { judged, cached } }
      })

/** Whoever asks questions knows of no prompt and no list of policies. */
function asAsked(error: FacetError): FacetError {
  if (error._tag !== "InvalidRequestError") return error
  const { option, problem, remedy } = error
  return new InvalidRequestError({ option: option === "policies" ? "questions" : "state", problem, remedy })
}
