/** Questions as they are asked: checked, and with what was left out filled in. */
import { checkKnown, checkOneOf, checkUnicode, show } from "./Checks.ts"
import { invalidRequest } from "./Errors.ts"
import { isRecord, type JsonRecord } from "./Json.ts"
import { type Policy, resolvePolicy } from "./Policy.ts"
import {
  mostOptions,
  mostQuestions,
  type PlattCalibration,
  type Question,
  type Questions,
  rangeLevels,
  type TemperatureCalibration,
} from "./Question.ts"

/** A question as a model reads it. */
export interface AskedQuestion {
  readonly type: Question["type"]
  readonly instructions: string | undefined
  /**
   * As the model reads them: of a boolean what makes it true and what makes it false, each of which may be empty; of a
   * choice all options; of a score all levels, the lowest first.
   */
  readonly options: ReadonlyArray<string>
  /** What each option of a choice or a score is called, in as few words; of a boolean none. */
  readonly words: ReadonlyArray<string>
}

/** A question whose options are known to the last. */
export interface ReadQuestion {
  /** What it is asked under. */
  readonly name: string
  readonly asked: AskedQuestion
  /** The options' names, in the order of those of `asked`: `true` and `false`, an option's own, a level's value. */
  readonly names: ReadonlyArray<string>
  /** What the levels of a score count; empty for other questions. */
  readonly values: ReadonlyArray<number>
  /** Whom to ask instead of the model that writes, and as what. */
  readonly policy: { readonly policy: Policy; readonly judge: "prompt" | "response" } | undefined
  readonly threshold: number | undefined
  readonly calibration: PlattCalibration | TemperatureCalibration | undefined
}

/** @throws InvalidRequestError with the path of what is wrong: `questions.urgency.criteria.min`. */
export function readQuestions(questions: Questions): ReadonlyArray<ReadQuestion> {
  const given: unknown = questions
  if (!isRecord(given)) {
    throw invalidRequest("questions", `${show(given)} where questions are expected`, "Pass an object of questions.")
  }
  const named = Object.entries(given)
  if (named.length === 0) throw invalidRequest("questions", "there is none", "Ask at least one.")
  if (named.length > mostQuestions) {
    const problem = `${named.length} of them, where at most ${mostQuestions} are answered at once`
    throw invalidRequest("questions", problem, "Ask fewer at once: the text stays in the prefix cache.")
  }
  return named.map(([name, question]) => readQuestion(name, question))
}

const anyFields = ["type", "instructions", "criteria", "threshold", "calibration"]

const kinds: {
  readonly [Type in Question["type"]]: (name: string, path: string, question: JsonRecord) => ReadQuestion
} = { boolean: readBoolean, choice: readChoice, score: readScore }

function readQuestion(name: string, question: unknown): ReadQuestion {
  const path = `questions.${name}`
  if (!isRecord(question)) {
    throw invalidRequest(path, `${show(question)} where a question is expected`, "Pass an object with a `type`.")
  }
  const { type } = question
  const types = Object.keys(kinds)
  if (typeof type !== "string" || !Object.hasOwn(kinds, type)) {
    throw invalidRequest(`${path}.type`, `${show(type)} is no type of question`, `Use one of ${types.join(", ")}.`)
  }
  // It is a name of the table's own.
  return kinds[type as Question["type"]](name, path, question)
}

function readBoolean(name: string, path: string, question: JsonRecord): ReadQuestion {
  checkKnown(question, [...anyFields, "policy", "judge"], path)
  const policy = readPolicy(path, question)
  const criteria = question["criteria"] ?? {}
  checkKnown(criteria, ["true", "false"], `${path}.criteria`)
  const words: JsonRecord = { ...criteria }
  const options = ["true", "false"].map((side) => readWords(`${path}.criteria.${side}`, words[side]) ?? "")
  const instructions = readInstructions(path, question)
  if (policy === undefined && instructions === undefined && options.every((option) => option === "")) {
    throw invalidRequest(`${path}.instructions`, "nothing is asked", "Say what may be true, or name a `policy`.")
  }
  return {
    name,
    asked: { type: "boolean", instructions, options, words: [] },
    names: ["true", "false"],
    values: [],
    policy,
    threshold: readThreshold(path, question, 0, 1),
    calibration: readCalibration(path, question, ["temperature", "slope", "offset"]),
  }
}

function readPolicy(path: string, question: JsonRecord): ReadQuestion["policy"] {
  const { criteria, instructions, judge, policy } = question
  checkOneOf(`${path}.judge`, judge, ["prompt", "response"])
  if (policy === undefined) {
    if (judge === undefined) return undefined
    throw invalidRequest(`${path}.judge`, "only a policy is judged", "Name a `policy`, or leave it out.")
  }
  for (const [field, value] of Object.entries({ instructions, criteria })) {
    if (value === undefined || value === null) continue
    throw invalidRequest(`${path}.${field}`, "a policy is judged by its own guideline", "Leave it out, or `policy`.")
  }
  // Whatever it is, the policy's own check says what is wrong with it.
  const resolved = resolvePolicy(`${path}.policy`, policy as string | Policy)
  return { policy: resolved, judge: judge === "response" ? "response" : "prompt" }
}

function readChoice(name: string, path: string, question: JsonRecord): ReadQuestion {
  checkKnown(question, anyFields, path)
  const at = `${path}.criteria`
  const options = readOptions(at, question["criteria"])
  const paths = options.map((option) => option.path)
  checkDistinct(
    options.map((option) => option.name),
    paths,
  )
  const texts = options.map(({ criteria, name: option }) =>
    criteria === undefined ? option.trim() : `${option.trim()}: ${criteria}`,
  )
  checkDistinct(texts, paths)
  const words = options.map((option) => option.name.trim())
  return {
    name,
    asked: { type: "choice", instructions: readInstructions(path, question), options: texts, words },
    names: options.map((option) => option.name),
    values: [],
    policy: undefined,
    threshold: readThreshold(path, question, 0, 1),
    calibration: readCalibration(path, question, ["temperature"]),
  }
}

interface ReadOption {
  readonly path: string
  readonly name: string
  readonly criteria: string | undefined
}

function readOptions(at: string, criteria: unknown): ReadonlyArray<ReadOption> {
  if (Array.isArray(criteria)) {
    const list: ReadonlyArray<unknown> = criteria
    checkCount(at, list.length, "options")
    return list.map((option, i) => {
      const path = `${at}[${i}]`
      return { path, name: readName(path, option), criteria: undefined }
    })
  }
  if (!isRecord(criteria)) {
    const problem = `${show(criteria)} where options are expected`
    throw invalidRequest(at, problem, "Pass a list of names, or an object of names and what speaks for each.")
  }
  const entries = Object.entries(criteria)
  checkCount(at, entries.length, "options")
  return entries.map(([option, words]) => ({
    path: `${at}.${option}`,
    name: readName(`${at}.${option}`, option),
    criteria: readWords(`${at}.${option}`, words),
  }))
}

function readName(path: string, name: unknown): string {
  checkUnicode(path, name)
  if (name.trim() === "") throw invalidRequest(path, "it is empty", "Give the option a name.")
  return name
}

function readScore(name: string, path: string, question: JsonRecord): ReadQuestion {
  checkKnown(question, anyFields, path)
  const levels = readLevels(`${path}.criteria`, question["criteria"] ?? { min: 0, max: 10 })
  const values = levels.map(({ value }) => value)
  const options = levels.map(({ text }) => text)
  const words = levels.map(({ word }) => word)
  return {
    name,
    asked: { type: "score", instructions: readInstructions(path, question), options, words },
    names: values.map(String),
    values,
    policy: undefined,
    threshold: readThreshold(path, question, values[0] ?? 0, values.at(-1) ?? 0),
    calibration: readCalibration(path, question, ["temperature"]),
  }
}

interface Level {
  readonly value: number
  readonly text: string
  readonly word: string
}

function readLevels(at: string, criteria: unknown): ReadonlyArray<Level> {
  if (!Array.isArray(criteria)) return readRange(at, criteria)
  const list: ReadonlyArray<unknown> = criteria
  checkCount(at, list.length, "levels")
  const levels = list.map((words, value) => {
    const text = readName(`${at}[${value}]`, words).trim()
    return { value, text, word: text }
  })
  checkDistinct(
    levels.map(({ text }) => text),
    levels.map(({ value }) => `${at}[${value}]`),
  )
  return levels
}

function readRange(at: string, criteria: unknown): ReadonlyArray<Level> {
  checkKnown(criteria, ["min", "max"], at)
  const range: JsonRecord = { ...criteria }
  const min = readNumber(`${at}.min`, range["min"])
  const max = readNumber(`${at}.max`, range["max"])
  const values = Array.from({ length: rangeLevels }, (_, i) => {
    const share = i / (rangeLevels - 1)
    return min * (1 - share) + max * share
  })
  if (min >= max) throw invalidRequest(at, `min ${min} is not below max ${max}`, "Pass the lower one as `min`.")
  if (new Set(values).size < rangeLevels) {
    throw invalidRequest(at, `${min} and ${max} have no ${rangeLevels} numbers between them`, "Pass a wider range.")
  }
  const ends: Readonly<Record<number, string>> = { 0: " (the lowest)", [rangeLevels - 1]: " (the highest)" }
  return values.map((value, i) => ({ value, text: `${value}${ends[i] ?? ""}`, word: String(value) }))
}

function readNumber(path: string, value: unknown): number {
  if (typeof value === "number" && Number.isFinite(value)) return value
  throw invalidRequest(path, `${show(value)} where a number is expected`, "Pass a finite number.")
}

const readInstructions = (path: string, { instructions }: JsonRecord): string | undefined =>
  readWords(`${path}.instructions`, instructions)

/** A text; undefined where there is none. */
function readWords(path: string, words: unknown): string | undefined {
  if (words === undefined || words === null) return undefined
  checkUnicode(path, words)
  return words.trim() === "" ? undefined : words.trim()
}

function readThreshold(path: string, { threshold }: JsonRecord, min: number, max: number): number | undefined {
  if (threshold === undefined) return undefined
  if (typeof threshold === "number" && threshold >= min && threshold <= max) return threshold
  throw invalidRequest(`${path}.threshold`, `${show(threshold)} is out of range`, `Use a number from ${min} to ${max}.`)
}

function readCalibration(
  path: string,
  { calibration }: JsonRecord,
  known: ReadonlyArray<string>,
): ReadQuestion["calibration"] {
  if (calibration === undefined) return undefined
  const at = `${path}.calibration`
  checkKnown(calibration, known, at)
  const { offset, slope, temperature }: JsonRecord = { ...calibration }
  if (slope === undefined && offset === undefined) {
    const given = readNumber(`${at}.temperature`, temperature)
    if (given <= 0) throw invalidRequest(`${at}.temperature`, `${given} is out of range`, "Use a number above 0.")
    return { temperature: given }
  }
  if (temperature !== undefined) throw invalidRequest(at, "it has a temperature and a slope", "Pass one of the two.")
  return { slope: readNumber(`${at}.slope`, slope), offset: readNumber(`${at}.offset`, offset) }
}

function checkCount(at: string, count: number, what: string): void {
  if (count >= 2 && count <= mostOptions) return
  throw invalidRequest(
    at,
    `${count} of them, where 2 to ${mostOptions} are needed`,
    `Pass 2 to ${mostOptions} ${what}.`,
  )
}

/** Two that read alike could not be told apart. */
function checkDistinct(texts: ReadonlyArray<string>, paths: ReadonlyArray<string>): void {
  const trimmed = texts.map((text) => text.trim())
  const again = trimmed.findIndex((text, i) => trimmed.indexOf(text) < i)
  if (again < 0) return
  throw invalidRequest(paths[again] ?? "", `${show(trimmed[again])} comes twice`, "Name each once.")
}
