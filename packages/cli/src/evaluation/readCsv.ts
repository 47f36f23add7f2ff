import { invalidRequest, show } from "@facet/sdk/words"
import type { DatasetRecord } from "./readRecords.ts"

/**
 * Rows of a CSV by its header (RFC 4180), or of a TSV. A column called `label.POLICY` is the policy's label.
 *
 * @throws InvalidRequestError that names the line, for a header with a name twice or none, and a row of more or fewer cells than it
 */
export async function readCsv(text: string, delimiter: string): Promise<ReadonlyArray<DatasetRecord>> {
  // Only who has a CSV needs the library.
  const { parse } = await import("csv-parse/sync")
  let rows: ReadonlyArray<{ readonly info: { readonly lines: number }; readonly record: ReadonlyArray<string> }>
  try {
    // What `info` adds is as the library's documentation says.
    rows = parse(text, { bom: true, delimiter, info: true, relax_column_count: true, skip_empty_lines: true }) as never
  } catch (cause) {
    throw invalidRequest("dataset", `it is no CSV (${cause instanceof Error ? cause.message : String(cause)})`, remedy)
  }
  const [first, ...others] = rows
  if (first === undefined) return []
  const header = first.record.map((name) => name.trim())
  checkHeader(header)
  return others.map(({ info: { lines }, record }) => {
    if (record.length !== header.length) {
      const problem = `it has ${record.length} cells, and the header has ${header.length}`
      throw invalidRequest(`line ${lines}`, problem, "Put cells with commas or line breaks in quotation marks.")
    }
    return { place: lines, record: Object.fromEntries(header.map((name, i) => [name, record[i] ?? ""])) }
  })
}

const remedy = "Give it a header such as prompt,label and a row a line."

function checkHeader(header: ReadonlyArray<string>): void {
  if (header.includes("")) throw invalidRequest("line 1", "a column has no name", remedy)
  const twice = header.find((name, i) => header.indexOf(name) !== i)
  if (twice !== undefined) throw invalidRequest("line 1", `${show(twice)} comes twice in the header`, remedy)
}
