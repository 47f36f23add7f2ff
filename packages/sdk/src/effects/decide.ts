/** The effect `decide`: typed questions about a text, answered with probabilities. */
import * as Effect from "effect/Effect"
import { checked } from "../words/checked.ts"
import { checkKnown, checkUnicode } from "../words/Checks.ts"
import type { Answer, DecideOptions, Decision } from "../words/Decision.ts"
import type { FacetError } from "../words/Errors.ts"
import type { Opened } from "../words/Opened.ts"
import type { Questions } from "../words/Question.ts"
import { withCalibration } from "../words/withCalibration.ts"
import { byPlace } from "./byPlace.ts"

/**
 * Answers questions about a text: is it so (`boolean`), which of these (`choice`), how much (`score`). No word is generated:
 * an answer is the softmax over the logits of its options alone, and the text is run once for all questions.
 *
 * A choice is asked in up to four orders of its options and a score in two, whose logits are averaged; the order in which
 * options are given changes nothing. A boolean question with a `policy` is the guard's.
 *
 * Fails with an `InvalidRequestError` that has the path of what is wrong with a question, and with a `ContextOverflowError`
 * when text and question do not fit into the context.
 *
 * @example
 * const { answers } = yield* decide("The dog ran home and ate.", {
 *   animal: { type: "choice", instructions: "Which animal is it about?", criteria: ["cat", "dog"] },
 * })
 * yield* Console.log(answers.animal.probabilities.dog)
 */
export const decide = <const Q extends Questions>(
  state: string,
  questions: Q,
  options: DecideOptions = {},
): Effect.Effect<Decision<Q>, FacetError, Opened> =>
  Effect.gen(function* () {
    yield* checked(() => checkKnown(options, ["calibration"]))
    yield* checked(() => checkUnicode("state", state))
    const asked = yield* checked(() => withCalibration(questions, options.calibration))
    const parts = yield* byPlace(asked, ({ engine, model }, asking) =>
      engine.decide({ model, state, questions: asked, ...asking }),
    )
    const answers = new Map<string, Answer>(parts.flatMap((part) => Object.entries(part.answers)))
    const sum = (count: "judged" | "cached") => parts.reduce((total, { tokens }) => total + tokens[count], 0)
    return {
      answers: Object.fromEntries(Object.keys(questions).map((name) => [name, answers.get(name)])),
      tokens: { judged: sum("judged"), cached: sum("cached") },
      // Each question has been answered at one of the places, by its type.
    } as unknown as Decision<Q>
  }).pipe(Effect.withSpan("facet.decide"))
