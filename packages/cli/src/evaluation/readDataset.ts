/** Labelled rows out of a file. */
import { invalidRequest, type JsonRecord } from "@facet/sdk/words"
import { type LabelledPolicies, type LayoutName, layouts } from "./layouts.ts"
import { readRecords } from "./readRecords.ts"

export type Label = 0 | 1

/** What is to be judged, and what is true of it. */
export interface DatasetRow {
  /** Where it stands, from 1: its line, or in Parquet its row. */
  readonly line: number
  readonly content: { readonly prompt: string; readonly response?: string }
  /** Whether it should be flagged at all. */
  readonly label: Label
  /** Which policies it violates, and which not, as far as that is known. */
  readonly byPolicy: ReadonlyMap<string, Label>
}

export interface ReadingOptions {
  /** How many rows are read at most. */
  readonly limit?: number | undefined
  /** Default: what a file of one's own may be. */
  readonly layout?: LayoutName | undefined
  /**
   * Whether a row may come again, and with another label: published sets have both, and are measured as they are. Default: a
   * row that repeats another is an error.
   */
  readonly keepsRepeats?: boolean | undefined
  /** Which policies labels may name beside the built-in ones. Default: none. */
  readonly judged?: LabelledPolicies | undefined
}

/**
 * Reads JSONL, CSV, TSV (also compressed by gzip) or Parquet. A row is `{ prompt, response?, label }`, or one of OpenAI's
 * moderation set, or what the dataset's layout says.
 *
 * @throws InvalidRequestError that names the line, for a file that is something else, a row that is none, labels that are missing,
 *   unknown or contradict each other, and a row that repeats another
 */
export async function readDataset(
  file: string,
  { judged = [], keepsRepeats = false, layout = "own", limit = Infinity }: ReadingOptions = {},
): Promise<ReadonlyArray<DatasetRow>> {
  const { isText, records, unit } = await readRecords(file)
  const rows: Array<DatasetRow> = []
  const seen = new Map<string, Array<DatasetRow>>()
  for (const { place, record } of records) {
    if (rows.length >= limit) break
    const facts = isText ? typed(record) : withLabels(record)
    const row = { line: place, ...layouts[layout](`${unit} ${place}`, facts, judged) }
    if (!keepsRepeats) {
      const key = JSON.stringify(row.content)
      const alike = seen.get(key) ?? []
      for (const same of alike) checkAlike(same, row, unit)
      seen.set(key, [...alike, row])
    }
    rows.push(row)
  }
  if (rows.length === 0) throw invalidRequest("dataset", "there is no row in it", "Give it a row at least.")
  return rows
}

/** Cells that are labels, as numbers; an empty one is unknown. `label.harassment` is a part of the label. */
function typed(record: JsonRecord): JsonRecord {
  const values = Object.entries(record).flatMap(([name, value]) => {
    const isText = /^(?:prompt|response|user_input|Behavior)$/.test(name)
    // A prompt may be empty; an answer that is empty is none.
    if (value === "" && (!isText || name === "response")) return []
    return [[name, isText ? value : fromText(value)] as const]
  })
  return withLabels(Object.fromEntries(values))
}

/** JSON's words for what CSV has no types for; Python writes `True`. */
function fromText(value: unknown): unknown {
  if (value === "0" || value === "0.0") return 0
  if (value === "1" || value === "1.0") return 1
  if (value === "true" || value === "True") return true
  return value === "false" || value === "False" ? false : value
}

function withLabels(record: JsonRecord): JsonRecord {
  const parts = Object.entries(record).filter(([name]) => name.startsWith("label."))
  if (parts.length === 0) return record
  if (record["label"] !== undefined) {
    throw invalidRequest("dataset", "it has a column label and columns label.POLICY", "Keep one kind.")
  }
  const label = Object.fromEntries(parts.map(([name, value]) => [name.slice("label.".length), value]))
  return { ...record, label }
}

/** Of two rows with one text: what both know must be the same, and a row that tells nothing new counts twice. */
function checkAlike(first: DatasetRow, second: DatasetRow, unit: string): void {
  const differs = [...first.byPolicy].some(([id, label]) => (second.byPolicy.get(id) ?? label) !== label)
  const isPlain = first.byPolicy.size === 0 || second.byPolicy.size === 0
  if (differs || (isPlain && first.label !== second.label)) {
    const problem = `the same text has another label in ${unit} ${first.line}`
    throw invalidRequest(`${unit} ${second.line}: label`, problem, "Keep the one that is right.")
  }
  const isNew = [...second.byPolicy.keys()].some((id) => !first.byPolicy.has(id))
  if (isNew) return
  const problem = `it repeats ${unit} ${first.line}, and would count twice`
  throw invalidRequest(`${unit} ${second.line}`, problem, "Leave it out, or pass --keep-repeats.")
}
