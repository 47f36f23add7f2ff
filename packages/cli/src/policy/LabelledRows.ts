/** Examples in a file of JSON lines, and where in it something is wrong. */
import { readFile } from "node:fs/promises"
import { InvalidRequestError, isRecord, parseJson, type PolicyExample } from "@facet/sdk/words"
import { UsageError } from "../UsageError.ts"

export interface Labelled<Row> {
  readonly rows: ReadonlyArray<Row>
  /** An error that names one of the rows, with the file and the line. */
  readonly placed: (error: unknown) => unknown
}

/** Rows `{ "text": "…", "label": 0 | 1 }`; what is in them is checked where they are used. */
export const readExamplesFile = (file: string): Promise<Labelled<PolicyExample>> =>
  // Whatever a line holds, training says what is wrong with it.
  readRows(file, (row) => row as PolicyExample)

/** Rows `{ "text": "…" }`, or texts. */
export const readTextsFile = (file: string): Promise<Labelled<string>> =>
  readRows(file, (row) => (isRecord(row) ? row["text"] : row) as string)

async function readRows<Row>(file: string, rowOf: (row: unknown) => Row): Promise<Labelled<Row>> {
  const text = await readFile(file, "utf8").catch((cause: Error) => {
    throw new UsageError(`${file} cannot be read (${cause.message})`)
  })
  const lines = text.split(/\r?\n/).flatMap((line, i) => (line.trim() === "" ? [] : [{ line, number: i + 1 }]))
  const rows = lines.map(({ line, number }) => {
    const document = parseJson(line)
    if (document !== undefined) return rowOf(document.value)
    throw new InvalidRequestError({
      option: "examples",
      problem: `${file}, line ${number}: it is no JSON`,
      remedy: 'Write one document a line: { "text": "…", "label": 0 }.',
    })
  })
  const placed = (error: unknown): unknown => {
    if (!(error instanceof InvalidRequestError)) return error
    const [, index] = /^(?:examples|texts)\[(\d+)\]/.exec(error.option) ?? []
    const number = index === undefined ? undefined : lines[Number(index)]?.number
    // Another row that it speaks of stands in the same file.
    const problem = error.problem.replace(
      /examples\[(\d+)\]/g,
      (whole, i) => `line ${lines[Number(i)]?.number ?? whole}`,
    )
    const place = number === undefined ? file : `${file}, line ${number}`
    return /^(examples|texts)/.test(error.option)
      ? new InvalidRequestError({ option: error.option, problem: `${place}: ${problem}`, remedy: error.remedy })
      : error
  }
  return { rows, placed }
}
