/** The rows of a file, whatever its format: what is in them is read by whoever knows the dataset. */
import { readFile } from "node:fs/promises"
import { gunzipSync } from "node:zlib"
import { invalidRequest, isRecord, type JsonRecord, parseJson, repeatsName, show } from "@facet/sdk/words"

export interface DatasetRecord {
  /** Its line, or in Parquet its row, from 1. */
  readonly place: number
  readonly record: JsonRecord
}

export interface DatasetRecords {
  readonly records: Iterable<DatasetRecord>
  /** What a place is. */
  readonly unit: "line" | "row"
  /** Whether values are texts, as CSV has no others. */
  readonly isText: boolean
}

/**
 * JSONL, CSV, TSV, both also compressed by gzip, and Parquet. Parquet is known by its first bytes, CSV by its name.
 *
 * @throws InvalidRequestError for a file that is not what its name or its first bytes say
 */
export async function readRecords(file: string): Promise<DatasetRecords> {
  const bytes = await readFile(file).catch((cause: Error) => {
    throw invalidRequest("dataset", `${file} cannot be read (${cause.message})`, "Name a file of labelled rows.")
  })
  const name = file.replace(/\.gz$/i, "").toLowerCase()
  if (isParquet(bytes)) {
    const { readParquet } = await import("./readParquet.ts")
    return { records: await readParquet(file, bytes), unit: "row", isText: false }
  }
  if (name.endsWith(".parquet")) {
    throw invalidRequest("dataset", `${file} is no Parquet file, as its name says`, "Fetch it again, or rename it.")
  }
  const text = textOf(file, bytes)
  if (!/\.[ct]sv$/.test(name)) return { records: jsonLines(text), unit: "line", isText: false }
  const { readCsv } = await import("./readCsv.ts")
  return { records: await readCsv(text, name.endsWith(".tsv") ? "\t" : ","), unit: "line", isText: true }
}

const isParquet = (bytes: Uint8Array): boolean => new TextDecoder("latin1").decode(bytes.subarray(0, 4)) === "PAR1"

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

/**
 * As far as they are asked for: a limit leaves the others unread.
 *
 * @param remedy what a line is to be, for its error.
 */
export function* jsonLines(text: string, remedy = rowRemedy): Generator<DatasetRecord, void, void> {
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() !== "") yield { place: i + 1, record: recordOf(i + 1, line, remedy) }
  }
}

const rowRemedy = 'Write one object a line, as { "prompt": "…", "label": 0 }.'

function recordOf(line: number, text: string, remedy: string): JsonRecord {
  const value = parseJson(text)?.value
  if (isRecord(value) && !repeatsName(text)) return value
  if (isRecord(value)) throw invalidRequest(`line ${line}`, "a name stands twice in it", "Keep the one that is right.")
  const problem = value === undefined ? "it is no JSON" : `${show(value)} where an object is expected`
  throw invalidRequest(`line ${line}`, problem, remedy)
}
