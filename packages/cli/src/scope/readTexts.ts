import { createReadStream } from "node:fs"
import { createInterface } from "node:readline"
import { UsageError } from "../UsageError.ts"

/**
 * The texts of a file, one a line: of a `.jsonl` the `text` (or `prompt`) of each row. Lines without one are passed over.
 *
 * @throws UsageError for a line that is no such row, and a file that cannot be read.
 */
export async function* readTexts(path: string): AsyncGenerator<string> {
  const lines = createInterface({ input: createReadStream(path, "utf8"), crlfDelay: Infinity })
  let number = 0
  try {
    for await (const line of lines) {
      number++
      if (line.trim() !== "") yield /\.jsonl$/i.test(path) ? textOf(line, `${path}:${number}`) : line
    }
  } catch (cause) {
    if (cause instanceof Error && "code" in cause) throw new UsageError(`${path} cannot be read: ${cause.message}`)
    throw cause
  }
}

function textOf(line: string, place: string): string {
  try {
    const row: unknown = JSON.parse(line)
    if (typeof row === "object" && row !== null) {
      for (const [key, value] of Object.entries(row)) {
        if ((key === "text" || key === "prompt") && typeof value === "string") return value
      }
    }
  } catch {
    // Said below.
  }
  throw new UsageError(`${place} is no row with a text`)
}
