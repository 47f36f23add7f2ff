/** What labelled examples say of questions. */
import * as Effect from "effect/Effect"
import type { Calibrated } from "../words/Calibration.ts"
import { checkKnown, checkUnicode, show } from "../words/Checks.ts"
import { type FacetError, invalidRequest } from "../words/Errors.ts"
import { isRecord } from "../words/Json.ts"
import type { ReadQuestion } from "../words/readQuestions.ts"
import type { CalibrateRequest } from "../words/Request.ts"
import { calibrationOf, type LabelledLogits } from "./calibrationOf.ts"
import type { OpenModel } from "./OpenModel.ts"
import { questionLogits, type QuestionsEngine } from "./questionLogits.ts"

/**
 * @param own of the questions those that are this model's.
 * @param labelled what {@link readExamples} gave.
 */
export const calibrate = (
  engine: QuestionsEngine,
  open: OpenModel,
  { cacheSalt, method = "platt", model, questions }: CalibrateRequest,
  own: ReadonlyArray<ReadQuestion>,
  labelled: ReadonlyArray<ReadExample>,
): Effect.Effect<Calibrated, FacetError> =>
  Effect.gen(function* () {
    const found = new Map(own.map((question) => [question, new Array<LabelledLogits>()]))
    for (const { labels, state } of labelled) {
      const asked = own.filter((question) => labels.has(question))
      if (asked.length === 0) continue
      const { logits } = yield* questionLogits(engine, open, { model, state, questions: asked, cacheSalt })
      for (const [i, question] of asked.entries()) {
        found.get(question)?.push({ logits: logits[i] ?? [], label: labels.get(question) ?? [] })
      }
    }
    const calibrated = own.map((question) => ({
      name: question.name,
      ...calibrationOf(question, found.get(question) ?? [], method),
    }))
    return {
      // The question that was given, with one field more, which fits its type.
      questions: Object.fromEntries(
        calibrated.map(({ calibration, name }) => [name, { ...questions[name], calibration }]),
      ) as Calibrated["questions"],
      reports: Object.fromEntries(calibrated.map(({ name, report }) => [name, report])),
    }
  })

/** An example, with its labels as shares of each option. */
export interface ReadExample {
  readonly state: string
  readonly labels: ReadonlyMap<ReadQuestion, ReadonlyArray<number>>
}

/** @throws InvalidRequestError with the path of the example that is wrong, or that says what is missing */
export function readExamples(asked: ReadonlyArray<ReadQuestion>, examples: unknown): ReadonlyArray<ReadExample> {
  if (!Array.isArray(examples) || examples.length === 0) {
    throw invalidRequest("examples", "there is none", "Pass a list of texts with their right answers.")
  }
  const read = examples.map((example: unknown, i) => readExample(asked, `examples[${i}]`, example))
  checkEnough(asked, read)
  return read
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
