/** What a JSON value says: everything but names where names are expected, bytes, and numbers. */
import { NameRuns } from "./NameRuns.ts"
import { expectsName, isNameShaped } from "./Names.ts"
import { isList, isRecord, parseJson } from "../../words/Json.ts"
import { type Sliced, sliceLength, whole } from "../../words/Sliced.ts"
import { isOpaqueInSlices } from "./Language.ts"
import { repeatsName } from "../../words/repeatsName.ts"
import { type StringAt, stringsAndPauses } from "./stringsOf.ts"
import { textOfFileInSlices } from "./textOfFile.ts"
import { isAddress, isDataUrl, textOfUrlInSlices } from "./textOfUrl.ts"

/** JSON within a text, text within an address: deeper than this it is read as it stands. */
const mostLayers = 4

/**
 * The words of a JSON value, as a guard judges them, one text a line: all strings in their order, and keys that are more
 * than a name. Addresses and text files are decoded, JSON within a string is read as JSON, and the text parts of a
 * message are joined. Left out are names and ids where they are expected, bytes, and numbers.
 *
 * @example
 * console.log(wordsOfJson({ id: "msg_1", role: "user", text: "Hello." })) // => Hello.
 * console.log(wordsOfJson({ link: "https://a.example/How_are_you" })) // => a example How are you
 */
export const wordsOfJson = (value: unknown): string => whole(wordsOfJsonInSlices(value))

/** {@link wordsOfJson}, for threads on which others wait. */
export const wordsOfJsonInSlices = (value: unknown): Sliced<string> => linesOf(value, mostLayers)

/** What a string says that is complete, wherever it came from. */
export const wordsOfText = (text: string): string => whole(wordsOfTextInSlices(text))

export const wordsOfTextInSlices = (text: string): Sliced<string> => readText(text, mostLayers)

/** What a string says at its place. */
export const wordsAt = (at: StringAt): string => whole(readString(at, mostLayers))

/** What it costs to look at a string, in letters that are read. */
const costOfString = 64

function* linesOf(value: unknown, layers: number): Sliced<string> {
  const lines: Array<string> = []
  const names = new NameRuns()
  let read = 0
  for (const at of stringsAndPauses(value)) {
    if (at === undefined) {
      yield
      continue
    }
    names.add(at)
    const words = yield* readString(at, layers)
    if (words.trim() !== "") lines.push(words)
    read += at.text.length + costOfString
    if (read < sliceLength) continue
    yield
    read = 0
  }
  return [...lines, ...names.take()].join("\n")
}

function* readString({ file, isKey, key, text }: StringAt, layers: number): Sliced<string> {
  if ((isKey || expectsName(key)) && isNameShaped(text)) return ""
  if (isKey) return text
  const held = file === undefined || isDataUrl(text) ? text : yield* textOfFileInSlices({ data: text, ...file })
  return yield* readText(held, layers)
}

const escaped = /\\u([\da-f]{4})/gi
const plain = (json: string): string =>
  json.replace(escaped, (_, unit: string) => String.fromCharCode(Number.parseInt(unit, 16)))

function* readText(text: string, layers: number): Sliced<string> {
  // Numbers, dates and the like say nothing.
  if (/^\s*(?:[-+]?\d[\d.,:+/TZ-]*)?$/.test(text)) return ""
  if (layers === 0) return text
  const start = text.trimStart()
  if (isDataUrl(start)) return yield* readText(yield* textOfUrlInSlices(start), layers - 1)
  if (isAddress(start)) return yield* textOfUrlInSlices(start)
  const json = /^(?:[[{]|"[^]*\\)/.test(start) ? parseJson(text)?.value : undefined
  // Without an escape a string in quotation marks reads as it stands.
  if (typeof json === "string") return yield* readText(json, layers - 1)
  if (isList(json) || isRecord(json)) {
    const lines = yield* linesOf(json, layers - 1)
    // What is read here may be another value than the one that a model makes of it.
    return repeatsName(text) ? `${lines}\n${plain(text)}` : lines
  }
  // What broke off in the middle is text, with the escapes of JSON.
  if (!(yield* isOpaqueInSlices(text))) return /^[[{"]/.test(start) ? plain(text) : text
  return yield* readText(yield* textOfFileInSlices({ data: text }), layers - 1)
}
