/** Labelled rows out of a file. */
import { readFile } from "node:fs/promises"
import { gunzipSync } from "node:zlib"
import { checkUnicode, invalidRequest, isRecord, type JsonRecord, parseJson, policies, show } from "@facet/sdk/words"
import { isModerationRow, moderationLabels } from "./ModerationRow.ts"

export type Label = 0 | 1

/** What is to be judged, and what is true of it. */
export interface DatasetRow {
  /** Where it stands, from 1. */
  readonly line: number
  readonly content: { readonly prompt: string; readonly response?: string }
  /** Whether it should be flagged at all. */
  readonly label: Label
  /** Which policies it violates, and which not, as far as that is known. */
  readonly byPolicy: ReadonlyMap<string, Label>
}

/**
 * Reads JSONL, plain or compressed by gzip. A row is `{ prompt, response?, label }`, or one of OpenAI's moderation set.
 *
 * @param limit how many rows are read at most
 * @throws InvalidRequestError that names the line, for a file that is something else, a line that is no JSON, and labels that are
 *   missing, unknown or contradict each other
 */
export async function readDataset(file: string, limit = Infinity): Promise<ReadonlyArray<DatasetRow>> {
  const bytes = await readFile(file).catch((cause: Error) => {
    throw invalidRequest("dataset", `${file} cannot be read (${cause.message})`, "Name a JSONL file of labelled rows.")
  })
  return readRows(textOf(file, bytes), limit)
}

/** The first bytes of a file say what it is, whatever its name says. */
function textOf(file: string, bytes: Uint8Array): string {
  const isCompressed = bytes[0] === 0x1f && bytes[1] === 0x8b
  if (file.endsWith(".gz") && !isCompressed) {
    throw invalidRequest(
      "dataset",
      `${file} is not compressed by gzip, as its name says`,
      "Fetch it again, or rename it.",
    )
  }
  if (new TextDecoder("latin1").decode(bytes.subarray(0, 4)) === "PAR1") {
    throw invalidRequest("dataset", `${file} is a Parquet file`, "Write its rows as JSONL.")
  }
  return decode(file, isCompressed ? unzip(file, bytes) : bytes)
}

function unzip(file: string, bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw invalidRequest("dataset", `${file} begins as gzip does and is broken (${why})`, "Fetch it again.")
  }
}

function decode(file: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    throw invalidRequest("dataset", `${file} is not UTF-8`, "Convert it first, such as with iconv.")
  }
}

function readRows(text: string, limit: number): ReadonlyArray<DatasetRow> {
  const rows: Array<DatasetRow> = []
  const seen = new Map<string, Array<DatasetRow>>()
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (rows.length >= limit) break
    if (line.trim() === "") continue
    const row = readRow(i + 1, line)
    const key = JSON.stringify(row.content)
    const alike = seen.get(key) ?? []
    for (const same of alike) checkAgreement(same, row)
    seen.set(key, [...alike, row])
    rows.push(row)
  }
  if (rows.length === 0) throw invalidRequest("dataset", "there is no row in it", "Write one JSON object a line.")
  return rows
}

function readRow(line: number, text: string): DatasetRow {
  const at = `line ${line}`
  const value = parseJson(text)?.value
  if (!isRecord(value)) {
    const problem = value === undefined ? "it is no JSON" : `${show(value)} where an object is expected`
    throw invalidRequest(at, problem, 'Write one object a line, as { "prompt": "…", "label": 0 }.')
  }
  return isModerationRow(value) ? moderationRow(line, value) : ownRow(line, value)
}

function ownRow(line: number, { label, prompt, response }: JsonRecord): DatasetRow {
  const at = `line ${line}`
  checkUnicode(`${at}: prompt`, prompt)
  if (response !== undefined && response !== null) checkUnicode(`${at}: response`, response)
  const content = typeof response === "string" ? { prompt, response } : { prompt }
  if (!isRecord(label)) return { line, content, label: labelOf(`${at}: label`, label), byPolicy: new Map() }
  const byPolicy = new Map(Object.entries(label).map(([id, value]) => [id, labelOfPolicy(at, id, value)]))
  return { line, content, label: anyOf(at, byPolicy), byPolicy }
}

/** Their texts are judged as responses without a prompt, as ShieldGemma's paper does it. */
function moderationRow(line: number, row: JsonRecord): DatasetRow {
  const at = `line ${line}`
  const { prompt } = row
  checkUnicode(`${at}: prompt`, prompt)
  const { any, byPolicy } = moderationLabels(row, (category, value) => labelOf(`${at}: ${category}`, value))
  return { line, content: { prompt: "", response: prompt }, label: any, byPolicy }
}

function labelOf(option: string, label: unknown): Label {
  if (label === 0 || label === 1) return label
  const problem = label === undefined ? "it is missing" : `${show(label)} is no label`
  throw invalidRequest(option, problem, "Write 1 where it should be flagged, 0 where not.")
}

function labelOfPolicy(at: string, id: string, label: unknown): Label {
  if (Object.hasOwn(policies, id)) return labelOf(`${at}: label.${id}`, label)
  throw invalidRequest(`${at}: label.${id}`, "there is no such policy", `Use ${Object.keys(policies).join(", ")}.`)
}

/** What violates one policy should be flagged. */
function anyOf(at: string, byPolicy: ReadonlyMap<string, Label>): Label {
  if (byPolicy.size === 0)
    throw invalidRequest(`${at}: label`, "it names no policy", "Label one at least, or write 0 or 1.")
  return [...byPolicy.values()].includes(1) ? 1 : 0
}

/** Of two rows with one text: what both know must be the same. */
function checkAgreement(first: DatasetRow, second: DatasetRow): void {
  const differs = [...first.byPolicy].some(([id, label]) => (second.byPolicy.get(id) ?? label) !== label)
  const isPlain = first.byPolicy.size === 0 || second.byPolicy.size === 0
  if (!differs && (!isPlain || first.label === second.label)) return
  const problem = `the same text has another label in line ${first.line}`
  throw invalidRequest(`line ${second.line}: label`, problem, "Keep the one that is right.")
}
