/** The effect `decide`: typed questions about a text, answered with probabilities. */
import * as Effect from "effect/Effect"
import { checked } from "../words/checked.ts"
import { checkKnown, checkUnicode } from "../words/Checks.ts"
import type { Decision } from "../words/Decision.ts"
import type { FacetError } from "../words/Errors.ts"
import type { Opened } from "../words/Opened.ts"
import type { Questions } from "../words/Question.ts"
import { readQuestions } from "../words/readQuestions.ts"
import { answerOf } from "./answerOf.ts"
import { logitsOf } from "./logitsOf.ts"

/** None yet; a call of the Promise face has its own. */
export interface DecideOptions {}

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
    yield* checked(() => checkKnown(options, []))
    yield* checked(() => checkUnicode("state", state))
    const asked = yield* checked(() => readQuestions(questions))
    const { logits, tokens } = yield* logitsOf(state, asked)
    const answers = asked.map((question, i) => [question.name, answerOf(question, logits[i] ?? [])] as const)
    // Each question has gone through the reader of its own type, and its answer is of that type.
    return { answers: Object.fromEntries(answers), tokens } as unknown as Decision<Q>
  }).pipe(Effect.withSpan("facet.decide"))
