import { checkKnown, checkOneOf, checkUnicode, show } from "../../words/Checks.ts"
import { invalidRequest } from "../../words/Errors.ts"
import type { PolicyExample } from "../../words/Policy.ts"

/** Of either label: with fewer there is nothing to hold out. */
const leastOfEither = 3

/**
 * Checks examples, and that they can be learned from.
 *
 * @throws InvalidRequestError with the path of the example that is wrong: a label that is missing, a text that comes twice, or
 *   that has both labels; or that says what is missing
 */
export function readTrainingExamples(examples: unknown): ReadonlyArray<PolicyExample> {
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
  return read
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
