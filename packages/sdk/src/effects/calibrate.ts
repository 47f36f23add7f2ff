/** The effect `calibrate`: what labelled examples say of questions. */
import * as Effect from "effect/Effect"
import { checked } from "../words/checked.ts"
import { checkKnown, checkOneOf, checkUnicode, show } from "../words/Checks.ts"
import type { CalibrateOptions, Calibrated, LabelledExample } from "../words/Calibration.ts"
import { type FacetError, invalidRequest } from "../words/Errors.ts"
import { isRecord } from "../words/Json.ts"
import type { Opened } from "../words/Opened.ts"
import type { Questions } from "../words/Question.ts"
import { type ReadQuestion, readQuestions } from "../words/readQuestions.ts"
import { calibrationOf, type LabelledLogits } from "./Calibration.ts"
import { logitsOf } from "./logitsOf.ts"

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
    const asked = yield* checked(() => readQuestions(questions))
    const labelled = yield* checked(() => readExamples(asked, examples))
    yield* checked(() => checkEnough(asked, labelled))
    const found = new Map(asked.map((question) => [question, new Array<LabelledLogits>()]))
    for (const { labels, state } of labelled) {
      const { logits } = yield* logitsOf(state, [...labels.keys()])
      for (const [i, [question, label]] of [...labels].entries()) {
        found.get(question)?.push({ logits: logits[i] ?? [], label })
      }
    }
    const calibrated = asked.map((question) => ({
      question,
      ...calibrationOf(question, found.get(question) ?? [], options.method ?? "platt"),
    }))
    const named = <A>(of: (one: (typeof calibrated)[number]) => A) =>
      Object.fromEntries(calibrated.map((one) => [one.question.name, of(one)]))
    return {
      // The questions that were given, with one field more.
      questions: named(({ calibration, question }) => ({ ...questions[question.name], calibration })) as unknown as Q,
      reports: named(({ report }) => report) as Calibrated<Q>["reports"],
    }
  }).pipe(Effect.withSpan("facet.calibrate"))

interface ReadExample {
  readonly state: string
  readonly labels: ReadonlyMap<ReadQuestion, ReadonlyArray<number>>
}

function readExamples(asked: ReadonlyArray<ReadQuestion>, examples: unknown): ReadonlyArray<ReadExample> {
  if (!Array.isArray(examples) || examples.length === 0) {
    throw invalidRequest("examples", "there is none", "Pass a list of texts with their right answers.")
  }
  return examples.map((example: unknown, i) => readExample(asked, `examples[${i}]`, example))
}

function readExample(asked: ReadonlyArray<ReadQuestion>, path: string, example: unknown): ReadExample {
  checkKnown(example, ["state", "answers"], path)
  const { answers, state }: { readonly answers?: unknown; readonly state?: unknown } = example
  checkUnicode(`${path}.state`, state)
  if (!isRecord(answers)) {
    throw invalidRequest(`${path}.answers`, `${show(answers)} where answers are expected`, "Name the right ones.")
  }
  const names = asked.map(({ name }) => name)
  const unknown = Object.keys(answers).find((name) => !names.includes(name))
  if (unknown !== undefined) {
    throw invalidRequest(`${path}.answers.${unknown}`, "no question has this name", `There are: ${names.join(", ")}.`)
  }
  const labels = asked.flatMap((question) => {
    const answer = answers[question.name]
    return answer === undefined
      ? []
      : [[question, labelOf(question, `${path}.answers.${question.name}`, answer)] as const]
  })
  return { state, labels: new Map(labels) }
}

/** For each option how far it is right. */
function labelOf({ asked, names, values }: ReadQuestion, path: string, answer: unknown): ReadonlyArray<number> {
  if (asked.type === "score") return sharesOf(values, path, answer)
  const isIt = asked.type === "boolean" ? typeof answer === "boolean" : typeof answer === "string"
  const right = isIt ? names.indexOf(String(answer)) : -1
  if (right >= 0) return names.map((_, i) => (i === right ? 1 : 0))
  const valid = asked.type === "boolean" ? "true or false" : `one of ${names.map(show).join(", ")}`
  throw invalidRequest(path, `${show(answer)} is no answer`, `Pass ${valid}.`)
}

/** A number between two levels is partly either. */
function sharesOf(values: ReadonlyArray<number>, path: string, answer: unknown): ReadonlyArray<number> {
  const [low = 0, high = 0] = [values[0], values.at(-1)]
  if (typeof answer !== "number" || !(answer >= low && answer <= high)) {
    throw invalidRequest(path, `${show(answer)} is no answer`, `Pass a number from ${low} to ${high}.`)
  }
  const above = values.findIndex((value) => value >= answer)
  const [top = 0, bottom = 0] = [values[above], values[above - 1]]
  const share = above === 0 || top === answer ? 1 : (answer - bottom) / (top - bottom)
  return values.map((_, i) => (i === above ? share : i === above - 1 ? 1 - share : 0))
}

function checkEnough(asked: ReadonlyArray<ReadQuestion>, examples: ReadonlyArray<ReadExample>): void {
  for (const question of asked) {
    const labels = examples.flatMap(({ labels: all }) => {
      const label = all.get(question)
      return label === undefined ? [] : [label]
    })
    const { name, type } = { name: question.name, type: question.asked.type }
    if (labels.length < 2) {
      const problem = `${labels.length} of them answer the question ${show(name)}, where at least 2 are needed`
      throw invalidRequest("examples", problem, "Pass more, or leave the question out.")
    }
    if (type !== "boolean" || new Set(labels.map((label) => label[0])).size > 1) continue
    const problem = `all that answer the question ${show(name)} give it the same answer`
    throw invalidRequest("examples", problem, "Pass some for which it is true, and some for which it is false.")
  }
}
