/** What an answer of OpenAI's Responses says: not what it repeats of the request. */
import { isRecord, type JsonRecord } from "@facet/sdk/words"
import { withSpelling } from "./spellingOf.ts"

/** Fields that repeat what the app asked, as long as they have the form of such a field. */
const repeated: Readonly<Record<string, (value: unknown) => boolean>> = {
  instructions: () => true,
  metadata: isRecord,
  prompt: isRecord,
  reasoning: isRecord,
  text: (value) => isRecord(value) && "format" in value,
  tools: (value) => Array.isArray(value) && value.every(isRecord),
}

/** Whether a JSON document is such an answer. */
export const isResponse = ({ object, output }: JsonRecord): boolean => object === "response" && Array.isArray(output)

/** The parts of an event, or of a document, that hold items or a whole response. */
export const wordedResponse = ({ item, response }: JsonRecord): JsonRecord => ({
  item: itemOf(item),
  response: isRecord(response) ? withoutRepeated(response) : response,
})

/** A response without what it repeats; the texts of its messages are one list, since they are read as one. */
export function withoutRepeated({ output, ...response }: JsonRecord): JsonRecord {
  const others = Object.entries(response).filter(([name, value]) => repeated[name]?.(value) !== true)
  return { ...Object.fromEntries(others), output: Array.isArray(output) ? partsOf(output) : output }
}

/** The parts of all messages, and then the items without them. */
export function partsOf(output: ReadonlyArray<unknown>): ReadonlyArray<unknown> {
  const parts = output.flatMap((item) => (isRecord(item) && Array.isArray(item["content"]) ? item["content"] : []))
  const items = output.map((item) => {
    if (!isRecord(item) || !Array.isArray(item["content"])) return item
    const { content: _content, ...rest } = item
    return rest
  })
  return [...parts.map(withSpelling), ...items]
}

function itemOf(item: unknown): unknown {
  if (!isRecord(item) || !Array.isArray(item["content"])) return item
  return { ...item, content: item["content"].map(withSpelling) }
}
