/** The lines of an answer, as they come. */
import { bytesOf } from "./bytesOf.ts"
import type { Silence } from "./Silence.ts"

/** UTF-16 units of a line that has no end yet. */
const longestLine = 2 ** 24

/** @param silence ends a wait for more */
export async function* textLines(response: Response, silence: Silence): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder()
  let rest = ""
  for await (const bytes of bytesOf(response, silence)) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split(/\r?\n/)
    rest = lines.pop() ?? ""
    if (rest.length > longestLine) throw new RangeError("a line without an end")
    for (const line of lines) if (line !== "") yield line
  }
  if (rest.trim() !== "") yield rest
}
