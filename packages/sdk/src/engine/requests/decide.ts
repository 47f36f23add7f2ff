/** Answering questions without writing a word, and calibrating the answers, as an engine does it. */
import * as Effect from "effect/Effect"
import type { Calibrated } from "../../words/Calibration.ts"
import { checked } from "../../words/checked.ts"
import type { Decision } from "../../words/Decision.ts"
import type { FacetError } from "../../words/Errors.ts"
import { readQuestions } from "../../words/readQuestions.ts"
import type { CalibrateRequest, DecideRequest } from "../../words/Request.ts"
import { calibrate as calibrateOn, readExamples } from "../calibrate.ts"
import { decide as decideOn } from "../decide.ts"
import { ownQuestions, type QuestionsEngine } from "../questionLogits.ts"
import { askedBy, type EngineParts } from "./EngineParts.ts"
import { judgeNested } from "./judge.ts"

export const decide = (engine: EngineParts, request: DecideRequest): Effect.Effect<Decision, FacetError> =>
  Effect.flatMap(
    checked(() => readQuestions(request.questions)),
    (questions) => {
      const asked = { ...request, questions: ownQuestions(request.model, questions) }
      return engine.scheduler.admit(
        () => Effect.flatMap(engine.models.load(request.model), ({ model }) => decideOn(askerOf(engine), model, asked)),
        askedBy(request),
      )
    },
  )

export const calibrate = (engine: EngineParts, request: CalibrateRequest): Effect.Effect<Calibrated, FacetError> =>
  Effect.flatMap(
    checked(() => {
      const questions = readQuestions(request.questions)
      return { own: ownQuestions(request.model, questions), examples: readExamples(questions, request.examples) }
    }),
    ({ examples, own }) =>
      engine.scheduler.admit(
        () =>
          Effect.flatMap(engine.models.load(request.model), ({ model }) =>
            calibrateOn(askerOf(engine), model, request, own, examples),
          ),
        askedBy(request),
      ),
  )

const askerOf = (engine: EngineParts): QuestionsEngine => ({
  scheduler: engine.scheduler,
  judge: (model, request) => judgeNested(engine, model, request),
})
