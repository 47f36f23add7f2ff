import { invalidRequest, isRecord } from "@facet/sdk/words"
import type { DatasetRecord } from "./readRecords.ts"

/**
 * Rows of a Parquet file; numbers are numbers, whatever their width, and what is null is left out.
 *
 * @throws InvalidRequestError for a file that says of itself what it is not
 */
export async function readParquet(file: string, bytes: Uint8Array): Promise<ReadonlyArray<DatasetRecord>> {
  // Only who has a Parquet file needs the libraries.
  const [{ parquetReadObjects }, { compressors }] = await Promise.all([
    import("hyparquet"),
    import("hyparquet-compressors"),
  ])
  // Of its own, as the reader wants no part of a larger buffer.
  const whole = new Uint8Array(bytes).buffer
  try {
    const rows = await parquetReadObjects({ file: whole, compressors })
    return rows.map((row, i) => ({ place: i + 1, record: plain(row) }))
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw invalidRequest("dataset", `${file} begins as Parquet does and cannot be read (${why})`, "Fetch it again.")
  }
}

const plain = (row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) =>
      value === null || value === undefined ? [] : [[name, plainValue(value)] as const],
    ),
  )

function plainValue(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value)
  return isRecord(value) ? plain(value) : value
}
