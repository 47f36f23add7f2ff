/** What a JSON value says: everything but names where names are expected, bytes, and numbers. */
import { expectsName, isNameShaped } from "./Names.ts"
import { isList, isRecord, parseJson } from "../../words/Json.ts"
import { isOpaque } from "./Language.ts"
import { type StringAt, stringsOf } from "./stringsOf.ts"
import { textOfFile } from "./textOfFile.ts"
import { isAddress, isDataUrl, textOfUrl } from "./textOfUrl.ts"

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
export const wordsOfJson = (value: unknown): string => linesOf(value, mostLayers)

/** What a string says that is complete, wherever it came from. */
export const wordsOfText = (text: string): string => readText(text, mostLayers)

/** What a string says at its place. */
export const wordsAt = (at: StringAt): string => readString(at, mostLayers)

function linesOf(value: unknown, layers: number): string {
  const lines: Array<string> = []
  for (const at of stringsOf(value)) {
    const words = readString(at, layers)
    if (words.trim() !== "") lines.push(words)
  }
  return lines.join("\n")
}

function readString({ file, isKey, key, text }: StringAt, layers: number): string {
  if ((isKey || expectsName(key)) && isNameShaped(text)) return ""
  if (isKey) return text
  return file === undefined || isDataUrl(text)
    ? readText(text, layers)
    : readText(textOfFile({ data: text, ...file }), layers)
}

function readText(text: string, layers: number): string {
  // Numbers, dates and the like say nothing.
  if (/^\s*(?:[-+]?\d[\d.,:+/TZ-]*)?$/.test(text)) return ""
  if (layers === 0) return text
  const start = text.trimStart()
  if (isDataUrl(start)) return readText(textOfUrl(start), layers - 1)
  if (isAddress(start)) return textOfUrl(start)
  const json = /^[[{]/.test(start) ? parseJson(text)?.value : undefined
  if (isList(json) || isRecord(json)) return linesOf(json, layers - 1)
  return isOpaque(text) ? readText(textOfFile({ data: text }), layers - 1) : text
}
