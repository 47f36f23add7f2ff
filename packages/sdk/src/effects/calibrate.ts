/** The effect `calibrate`: what labelled examples say of questions. */
import * as Effect from "effect/Effect"
import { checked } from "../words/checked.ts"
import { checkKnown, checkOneOf } from "../words/Checks.ts"
import type { CalibrateOptions, Calibrated, LabelledExample } from "../words/Calibration.ts"
import type { FacetError } from "../words/Errors.ts"
import type { Opened } from "../words/Opened.ts"
import type { Questions } from "../words/Question.ts"
import { byPlace } from "./byPlace.ts"

/**
 * Asks the questions of labelled examples, and gives the questions back with what makes their probabilities true: boolean ones
 * with Platt's two numbers, the others with a temperature. What a question was calibrated with before does not count.
 *
 * Each question needs two examples at least, a boolean one of either answer; some dozens are a beginning. Fails with an
 * `InvalidRequestError` that has the path of the example that is wrong.
 *
 * @example
 * const questions = { pet: { type: "boolean", instructions: "Is it about a pet?" } } as const
 * const { reports } = yield* calibrate(questions, [
 *   { state: "The dog ran home.", answers: { pet: true } },
 *   { state: "The cat sleeps.", answers: { pet: true } },
 *   { state: "We went to the moon.", answers: { pet: false } },
 *   { state: "The bread is warm.", answers: { pet: false } },
 * ])
 * yield* Console.log(reports.pet.ece)
 */
export const calibrate = <const Q extends Questions>(
  questions: Q,
  examples: ReadonlyArray<LabelledExample<Q>>,
  options: CalibrateOptions = {},
): Effect.Effect<Calibrated<Q>, FacetError, Opened> =>
  Effect.gen(function* () {
    yield* checked(() => checkKnown(options, ["method"]))
    yield* checked(() => checkOneOf("method", options.method, ["platt", "temperature"]))
    const { method } = options
    const parts = yield* byPlace(questions, ({ engine, model }, asking) =>
      // What the examples hold, the engine checks.
      engine.calibrate({ model, questions, examples: examples as ReadonlyArray<LabelledExample>, method, ...asking }),
    )
    const named = <A>(of: (part: Calibrated) => Readonly<Record<string, A>>) => {
      const all = Object.assign({}, ...parts.map(of)) as Readonly<Record<string, A>>
      return Object.fromEntries(Object.keys(questions).map((name) => [name, all[name]]))
    }
    // Each question has been calibrated at one of the places.
    return {
      questions: named((part) => part.questions),
      reports: named((part) => part.reports),
    } as unknown as Calibrated<Q>
  }).pipe(Effect.withSpan("facet.calibrate"))
