import { checkKnown, checkNumber, checkOneOf, show } from "./Checks.ts"
import { invalidRequest } from "./Errors.ts"
import type { JsonRecord } from "./Json.ts"
import { policyMethods } from "./PolicyTraining.ts"

const figures = ["auPrc", "auRoc", "f1"]
const goals = ["maxFalsePositiveRate", "minRecall"]
const point = ["threshold", "precision", "recall", "falsePositiveRate", "f1"]

/**
 * What a policy tells of its training is read by people alone, and by its card.
 *
 * @throws InvalidRequestError with the path of what is no figure
 */
export function checkTraining(option: string, training: unknown): void {
  const named = ["method", "model", "examples", "positives", "labels", "folds", "figures", "candidates"]
  const {
    candidates,
    figures: held,
    labels,
    learningCurve,
    method,
    model,
    operatingPoint,
    untold,
    ...counts
  } = fieldsOf(option, training, [...named, "learningCurve", "operatingPoint", "untold"])
  checkOneOf(`${option}.method`, method ?? null, policyMethods)
  checkOneOf(`${option}.labels`, labels ?? null, ["given", "distilled"])
  checkText(`${option}.model`, model)
  if (untold !== undefined) checkText(`${option}.untold`, untold)
  for (const name of ["examples", "positives", "folds"]) checkCount(`${option}.${name}`, counts[name])
  if (held !== null) checkShares(`${option}.figures`, held, [...figures, "ece"])
  for (const [at, candidate] of listOf(`${option}.candidates`, candidates)) {
    const { layer, method: way } = checkShares(at, candidate, figures, ["layer", "method"])
    checkOneOf(`${at}.method`, way ?? null, policyMethods)
    if (layer !== undefined) checkCount(`${at}.layer`, layer)
  }
  for (const [at, learnt] of listOf(`${option}.learningCurve`, learningCurve)) {
    checkCount(`${at}.examples`, checkShares(at, learnt, ["auPrc", "auRoc"], ["examples"])["examples"])
  }
  if (operatingPoint === null) return
  const wanted = checkShares(`${option}.operatingPoint`, operatingPoint, point, goals)
  for (const goal of goals) if (wanted[goal] !== undefined) checkShare(`${option}.operatingPoint.${goal}`, wanted[goal])
}

function fieldsOf(option: string, value: unknown, names: ReadonlyArray<string>): JsonRecord {
  checkKnown(value, names, option)
  // It is a record, as was just checked.
  return value as JsonRecord
}

/** @returns its fields, of which those that are shares were looked at */
function checkShares(
  option: string,
  value: unknown,
  shares: ReadonlyArray<string>,
  others: ReadonlyArray<string> = [],
): JsonRecord {
  const fields = fieldsOf(option, value, [...shares, ...others])
  for (const name of shares) checkShare(`${option}.${name}`, fields[name])
  return fields
}

/** A sum of shares may be beyond 1 by as much as was rounded. */
function checkShare(option: string, value: unknown): void {
  if (typeof value === "number" && value >= 0 && value < 1 + 1e-9) return
  throw invalidRequest(option, `${show(value)} is no share`, "Use a number from 0 to 1.")
}

const checkCount = (option: string, value: unknown): void =>
  checkNumber(option, value, { min: 0, max: Number.MAX_SAFE_INTEGER, integer: true })

function checkText(option: string, value: unknown): void {
  if (typeof value !== "string") throw invalidRequest(option, `${show(value)} is no text`, "Train it again.")
}

function listOf(option: string, value: unknown): ReadonlyArray<readonly [at: string, entry: unknown]> {
  if (!Array.isArray(value)) throw invalidRequest(option, `${show(value)} is no list`, "Train it again.")
  return value.map((entry: unknown, i) => [`${option}[${i}]`, entry])
}
