/** The files of decisions: questions, and what they were calibrated with. */
import { readFile } from "node:fs/promises"
import type { Calibrated, Questions } from "@facet/sdk/words"
import { isRecord, parseJson } from "@facet/sdk/words"
import type { Console } from "./Console.ts"
import { visible } from "./textWidth.ts"
import { UsageError } from "./UsageError.ts"

export const questionsOption = {
  questions: {
    kind: "text",
    value: "FILE",
    about: 'JSON: { NAME: { "type": "boolean" | "choice" | "score", "instructions": …, "criteria": … } }',
  },
} as const

/** What `facet calibrate` writes: the questions as they were calibrated, how far they were off, and with which model. */
export interface CalibrationFile extends Calibrated {
  readonly model: string
}

export async function readQuestions(file: string | undefined): Promise<Questions> {
  if (file === undefined) throw new UsageError("--questions is missing: a JSON file of what is asked.")
  // What the document holds, the SDK checks, as it does for callers without types.
  return (await readDocument("questions", file)) as Questions
}

/** @throws UsageError when the file holds no questions; what is wrong with one of them, the SDK says. */
export async function readCalibration(file: string): Promise<CalibrationFile> {
  const document = await readDocument("calibration", file)
  if (isRecord(document) && isRecord(document["questions"]) && typeof document["model"] === "string") {
    // As above.
    return document as unknown as CalibrationFile
  }
  throw new UsageError(`--calibration: ${file} is none. Have one written by facet calibrate.`)
}

/** Numbers that were fitted to another model are wrong of this one. */
export async function warnOfCalibration(
  { err }: Console,
  calibration: CalibrationFile | undefined,
  model: string,
): Promise<void> {
  if (calibration === undefined || calibration.model === model) return
  const told = `Warning: --calibration was made with ${visible(calibration.model, true)}, and ${model} is asked.`
  await err.writeLine(err.paint.bad(`${told} Calibrate it anew.`))
}

/**
 * The whole text of a file.
 *
 * @param what it was given as: `--questions`
 * @throws UsageError when it cannot be read, or is not UTF-8
 */
export async function readTextFile(what: string, file: string): Promise<string> {
  const bytes = await readFile(file).catch((cause: Error) => {
    throw new UsageError(`${what}: ${file} cannot be read (${cause.message})`)
  })
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    throw new UsageError(`${what}: ${file} is not UTF-8`)
  }
}

async function readDocument(flag: string, file: string): Promise<unknown> {
  const parsed = parseJson(await readTextFile(`--${flag}`, file))
  if (parsed === undefined) throw new UsageError(`--${flag}: ${file} is no JSON`)
  return parsed.value
}
