import { checkKnown, checkOneOf, checkUnicode, show } from "./Checks.ts"
import { invalidRequest } from "./Errors.ts"
import type { PolicyExample } from "./Policy.ts"
import type { TrainPolicyOptions } from "./PolicyTrainingOptions.ts"

/** Of either label: with fewer there is nothing to hold out. */
const leastOfEither = 3

/**
 * Checks examples, and that they can be learned from.
 *
 * @throws InvalidRequestError with the path of the example that is wrong: a label that is missing, a text that comes twice, or
 *   that has both labels; or that says what is missing
 */
export function readTrainingExamples(examples: unknown, wanted: WantedPoint = {}): ReadonlyArray<PolicyExample> {
  if (!Array.isArray(examples) || examples.length === 0) {
    throw invalidRequest("examples", `${show(examples)} holds none`, 'Pass a list of { text: "…", label: 0 or 1 }.')
  }
  const read = examples.map((example: unknown, i) => readExample(`examples[${i}]`, example))
  checkDistinct(read)
  for (const label of [0, 1] as const) {
    const count = read.filter((example) => example.label === label).length
    if (count >= leastOfEither) continue
    const problem = `${count} of ${read.length} are labelled ${label}, where at least ${leastOfEither} are needed`
    throw invalidRequest("examples", problem, "Add texts of that label: one kind alone says nothing of the other.")
  }
  checkTellable(read.length, wanted)
  return read
}

/** Fewer labels tell nothing of a guard: of 50, half of them violations, a recall is known to 0.2 at best. */
export const leastToTell = 50

/** What a threshold is to do; neither is the highest F1. */
export type WantedPoint = Pick<TrainPolicyOptions, "maxFalsePositiveRate" | "minRecall">

function checkTellable(examples: number, { maxFalsePositiveRate, minRecall }: WantedPoint): void {
  if (examples >= leastToTell || (maxFalsePositiveRate === undefined && minRecall === undefined)) return
  const option = maxFalsePositiveRate === undefined ? "minRecall" : "maxFalsePositiveRate"
  const problem = `${examples} labels cannot tell it, where at least ${leastToTell} are needed`
  throw invalidRequest(option, problem, "Give more examples, or leave it out.")
}

function readExample(path: string, example: unknown): PolicyExample {
  checkKnown(example, ["text", "label"], path)
  const { label, text }: { readonly text?: unknown; readonly label?: unknown } = example
  checkText(`${path}.text`, text)
  if (label === undefined) throw invalidRequest(`${path}.label`, "it is missing", "Label it 1 if it violates, else 0.")
  checkOneOf(`${path}.label`, label, [0, 1])
  // It is one of the two.
  return { text, label: label as 0 | 1 }
}

export function checkText(path: string, text: unknown): asserts text is string {
  checkUnicode(path, text)
  if (text.trim() === "") throw invalidRequest(path, "it is empty", "Pass a text, or leave the example out.")
}

/** Texts that read alike would be in two folds: what is held out would be known. */
function checkDistinct(examples: ReadonlyArray<PolicyExample>): void {
  const known = new Map<string, number>()
  for (const [i, { label, text }] of examples.entries()) {
    const key = alike(text)
    const before = known.get(key)
    if (before === undefined) {
      known.set(key, i)
      continue
    }
    const isContradiction = examples[before]?.label !== label
    throw invalidRequest(
      `examples[${i}].${isContradiction ? "label" : "text"}`,
      isContradiction
        ? `it is ${label}, and the same text is ${examples[before]?.label} in examples[${before}]`
        : `the same text is in examples[${before}], and one could tell the label of the other`,
      isContradiction ? "Decide for one label." : "Keep one of them.",
    )
  }
}

/** What two texts have in common that differ in case, width and spaces alone. */
export const alike = (text: string): string => text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim()
