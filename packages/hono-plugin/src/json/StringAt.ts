/** The strings of a JSON value that a person may read: everything but names, ids, addresses and bytes. */
import { isRecord } from "./isRecord.ts"
import { textOfDataUrl } from "./textOfDataUrl.ts"

export interface StringAt {
  /** Where it lies: `choices[1].delta.content`. An element that carries an `index` of its own is named by that. */
  readonly path: string
  readonly text: string
}

/** Fields that hold a name out of a protocol's list. A value of more than one word is no such name, and is read. */
const names = new Set(
  [
    "object type role model event kind name status format signature thoughtSignature",
    "finish_reason finishReason stop_reason native_finish_reason done_reason service_tier system_fingerprint obfuscation",
    "toolName mediaType media_type mimeType mime_type encoding detail severity provider trigger created_at createdAt",
    "timestamp encrypted_content code lang language locale inputEncoding",
  ].flatMap((line) => line.split(" ")),
)

/** Fields that hold text, whatever it looks like. */
const texts = new Set(["content", "text", "delta", "refusal", "reasoning_content", "reasoning", "arguments", "prompt"])

const isName = (key: string, text: string): boolean =>
  (names.has(key) || /(^|_)ids?$|Ids?$/.test(key)) && /^\S{1,256}$/.test(text) && !text.startsWith("data:")

const isAddress = (text: string): boolean => /^(https?|wss?):\/\/\S+$/.test(text)

/** Bytes in letters: embeddings, pictures, sound. Whoever answers has no reason to write words like that; a user has. */
const isBytes = (text: string): boolean => text.length >= 256 && /^[\w+/-]+={0,2}$/.test(text)

/** Parts of a message whose strings without a blank are addresses or bytes, not words. */
const isMediaType = (value: unknown): boolean =>
  typeof value === "string" && /^(input_)?(image|audio|video|file|media)(_url)?$/.test(value)

interface Visit {
  readonly value: unknown
  readonly key: string
  readonly path: string
  readonly isMedia: boolean
  readonly of: "input" | "output"
}

/**
 * All strings of a value that are to be judged, in their order.
 *
 * @param path the value's own name, put before each path.
 */
export function stringsOf(value: unknown, path = "", of: "input" | "output" = "output"): ReadonlyArray<StringAt> {
  const found: Array<StringAt> = []
  // A stack of our own: what comes from outside may be nested deeper than a call stack reaches.
  const stack: Array<Visit> = [{ value, key: "", path, isMedia: false, of }]
  for (let visit = stack.pop(); visit !== undefined; visit = stack.pop()) {
    if (typeof visit.value === "string") {
      const text = wordsOf(visit, visit.value)
      if (text !== "") found.push({ path: visit.path, text })
    } else {
      stack.push(...childrenOf(visit).toReversed())
    }
  }
  return found
}

function wordsOf({ isMedia, key, of }: Visit, text: string): string {
  if (texts.has(key)) return text
  if (/^data:/i.test(text)) return textOfDataUrl(text) ?? (/\s/.test(text.trim()) ? text : "")
  if (isMedia && !/\s/.test(text.trim())) return ""
  return isName(key, text) || isAddress(text) || (of === "output" && isBytes(text)) ? "" : text
}

function childrenOf({ isMedia, key, of, path, value }: Visit): ReadonlyArray<Visit> {
  if (Array.isArray(value)) {
    const elements: ReadonlyArray<unknown> = value
    return elements.map((element, position) => {
      const own = isRecord(element) && Number.isInteger(element["index"]) ? Number(element["index"]) : position
      return { value: element, key, path: `${path}[${own}]`, isMedia, of }
    })
  }
  if (!isRecord(value)) return []
  const media = isMedia || isMediaType(value["type"])
  return Object.entries(value).map(([name, child]) => ({
    value: child,
    key: name,
    path: path === "" ? name : `${path}.${name}`,
    isMedia: media,
    of,
  }))
}
