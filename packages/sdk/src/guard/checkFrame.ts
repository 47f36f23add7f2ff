import { show } from "../words/Checks.ts"
import { invalidRequest } from "../words/Errors.ts"
import { isRecord } from "../words/Json.ts"

/** @throws InvalidRequestError: what a source says that is no text cannot be judged, and nothing goes out unjudged. */
export function checkFrame(frame: unknown): void {
  if (!isRecord(frame)) throw refused(`it gave ${show(frame)}, which is no frame`, "Give { value, texts }.")
  const { texts = [] } = frame
  if (!Array.isArray(texts)) throw refused(`${show(texts)} is no list of texts`, "Give a frame's texts as a list.")
  for (const each of texts) {
    const text: unknown = isRecord(each) ? each["text"] : each
    if (typeof text !== "string" || !isRecord(each)) {
      const kind = text === null ? "null" : typeof text
      throw refused(`it gave ${kind} where text is expected`, "Give strings; of a frame's texts, { text }.")
    }
  }
}

const refused = (problem: string, remedy: string) => invalidRequest("source", problem, remedy)
