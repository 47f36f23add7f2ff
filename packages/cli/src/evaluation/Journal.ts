/** Verdicts as they come, in a file: what was judged before a break is not judged again. */
import { createHash } from "node:crypto"
import { appendFile, readFile, writeFile } from "node:fs/promises"
import { invalidRequest, isRecord, parseJson, type PolicyVerdict, type Verdict } from "@facet/sdk/words"
import type { DatasetRow } from "./readDataset.ts"

export interface JudgedEntry {
  readonly verdict: Verdict
  readonly milliseconds: number
}

/** What the verdicts in a journal are of: another guard's, or of other rows, are not taken over. */
export interface JournalSubject {
  readonly guard: string
  readonly policies: ReadonlyArray<string>
  /** What else verdicts depend on: the policies' words, thresholds, a judge's code. */
  readonly settings: string
}

export class Journal {
  readonly #file: string
  /** By the row's place in the dataset. */
  readonly entries: ReadonlyMap<number, JudgedEntry>

  private constructor(file: string, entries: ReadonlyMap<number, JudgedEntry>) {
    this.#file = file
    this.entries = entries
  }

  /**
   * Goes on with a journal, or begins one. A last line that a break cut off is judged again.
   *
   * @throws InvalidRequestError for a file that is no journal, or one of another dataset or guard
   */
  static async open(file: string, rows: ReadonlyArray<DatasetRow>, subject: JournalSubject): Promise<Journal> {
    const { guard, policies, settings } = subject
    const told = { rows: digestOf(rows), guard, policies, settings: sha256(settings) }
    const head = JSON.stringify({ kind: "facet-eval-journal", version: 1, ...told })
    const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === "ENOENT") return ""
      throw invalidRequest("resume", `${file} cannot be read (${cause.message})`, "Name another file.")
    })
    if (text === "") {
      await writeFile(file, `${head}\n`)
      return new Journal(file, new Map())
    }
    const [first, ...lines] = text.split("\n")
    if (first !== head) throw invalidRequest("resume", `${file} ${otherSubject(first, head)}`, "Name another file.")
    const cut = lines.pop() ?? ""
    // What a break has left of a line is no line.
    if (cut !== "") await writeFile(file, text.slice(0, text.length - cut.length))
    return new Journal(file, new Map(lines.map((line, i) => readEntry(file, i + 2, line, rows.length))))
  }

  add(index: number, { milliseconds, verdict }: JudgedEntry): Promise<void> {
    return appendFile(this.#file, `${JSON.stringify({ index, milliseconds, verdict })}\n`)
  }
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")

const digestOf = (rows: ReadonlyArray<DatasetRow>): string => {
  const hash = createHash("sha256")
  for (const { byPolicy, content, label } of rows) hash.update(JSON.stringify([content, label, [...byPolicy]]))
  return hash.digest("hex")
}

function otherSubject(found: string | undefined, wanted: string): string {
  const [a, b] = [found ?? "", wanted].map((text) => parseJson(text)?.value)
  if (!isRecord(a) || a["kind"] !== "facet-eval-journal" || !isRecord(b)) return "is no journal of an evaluation"
  if (a["rows"] !== b["rows"]) return "is of other rows"
  if (a["guard"] !== b["guard"]) return `is of another guard, ${String(a["guard"])}`
  return JSON.stringify(a["policies"]) === JSON.stringify(b["policies"])
    ? "is of the same policies with other words or thresholds, or of another version of the judge"
    : "is of other policies"
}

function readEntry(file: string, line: number, text: string, rows: number): readonly [number, JudgedEntry] {
  const value = parseJson(text)?.value
  const { index, milliseconds, verdict } = isRecord(value) ? value : {}
  const isPlace = typeof index === "number" && Number.isInteger(index) && index >= 0 && index < rows
  if (isPlace && typeof milliseconds === "number" && isVerdict(verdict)) return [index, { milliseconds, verdict }]
  throw invalidRequest("resume", `line ${line} of ${file} is no verdict`, "Remove the file, and begin anew.")
}

const isVerdict = (value: unknown): value is Verdict =>
  isRecord(value) &&
  typeof value["flagged"] === "boolean" &&
  Array.isArray(value["policies"]) &&
  value["policies"].length > 0 &&
  value["policies"].every(isPolicyVerdict)

const isPolicyVerdict = (value: unknown): value is PolicyVerdict =>
  isRecord(value) &&
  typeof value["policy"] === "string" &&
  [value["probability"], value["threshold"]].every((one) => typeof one === "number" && one >= 0 && one <= 1)
