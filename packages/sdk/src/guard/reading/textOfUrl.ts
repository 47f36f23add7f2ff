/** Addresses say words: in their host, path, query and fragment, or in what a `data:` address holds. */
import { type Sliced, sliceLength, whole } from "../../words/Sliced.ts"
import { bytesOfBase64, decode } from "./Bytes.ts"
import { countWords, isOpaqueInSlices, spelledOut } from "./Language.ts"
import { charsetOf, textOfFileInSlices } from "./textOfFile.ts"
import { isTextType } from "./TextTypes.ts"

/** What was encoded more often than this was encoded to be hidden, or by mistake: it is read as it stands. */
const mostLayers = 4
/** Letters and digits of an address that are so many, and no language, name something in a database. */
const shortestCode = 20
/** So many words that were joined without a blank are a sentence. */
const leastJoined = 5
/** Of the marks at the end of a sentence. */
const mostMarks = 4
/** So far back from a slice's end a sign is looked for that stands for a blank. */
const mostBetween = 256
/** The first byte of a letter in percent signs is found among so many signs: a letter has at most twelve. */
const longestEscape = 16
/** Of what stands before the text of a `data:` address. */
const longestHead = 256

/** Schemes that say nothing; any other may be made of words. */
const scheme = /^(?:https?|wss?|s?ftps?|file|mailto|javascript|blob|urn|tel|sms|git|ssh|s3|gs|ipfs):(?:\/\/)?/i
const dataHead = /^data:([\w.+-]*(?:\/[\w.+*-]*)?)((?:;[\w.+-]+(?:=[^\s,;]*)?)*),/i
/** Where an address begins in letters without a blank. */
const beginning = /(?:[a-z][a-z\d+.-]{0,30}:\/\/|\b(?:data|mailto|javascript|urn|blob):|\bwww\.)[^\s]/i

const bytesUrl = /^data:[^,\s]{0,200};base64,[\w+/=%-]*/i

/** Whether a text is one address, and nothing else. */
export const isAddress = (text: string): boolean =>
  isDataUrl(text) || /^(?:[a-z][a-z\d+.-]*:\/\/\S+|(?:mailto:|javascript:|urn:|blob:|www\.)[!-~]+)$/i.test(text)

export const isDataUrl = (text: string): boolean => dataHead.test(text.slice(0, longestHead))

/** What an address says, in one line; or the text that a `data:` address holds, as it is. */
export const textOfUrl = (url: string, layers = mostLayers): string => whole(textOfUrlInSlices(url, layers))

export function* textOfUrlInSlices(url: string, layers = mostLayers): Sliced<string> {
  const address = url.trim()
  const held = yield* textOfDataUrl(address)
  if (held !== undefined) return held
  const said: Array<string> = []
  let length = 0
  for (const part of address.replace(scheme, "").split(/[/?#&=@:;,\\[\]()<>"|]+/)) {
    const words = yield* wordsOfPart(part, layers)
    if (words !== "") said.push(words)
    length += part.length
    if (length < sliceLength) continue
    yield
    length = 0
  }
  // A person's address has a form, which words alone have not.
  const words = [...said, ...(/@|%40/.test(address) ? mailsIn(yield* decodeInSlices(address)) : [])].join(" ")
  const end = /[.?!]+$/.exec(address.slice(-mostMarks))?.[0] ?? ""
  return /\p{L}/u.test(words) ? words + end : ""
}

/** The mail addresses in an address, but for what stands before its host. */
const mailsIn = (address: string): ReadonlyArray<string> => [
  ...new Set(
    address
      .replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, "")
      .replace(/^mailto:/i, "")
      .match(/[\w.+-]{1,64}@(?:[a-z\d-]{1,63}\.){1,8}[a-z]{2,63}/gi),
  ),
]

/**
 * A text with the addresses in it read as {@link textOfUrl} does, and so is whatever else is written without blanks:
 * `How%20do%20I`, and sentences whose words are joined by signs or capitals.
 */
export const withoutBlanksRead = (text: string, layers = mostLayers): string =>
  text.replaceAll(/[^\s]{8,}/gu, (run) => readRun(run, layers))

function readRun(run: string, layers: number): string {
  if (layers === 0) return run
  const start = run.search(beginning)
  if (start >= 0) return readAround(run, start, layers - 1)
  const decoded = decodePercent(run)
  if (decoded !== run) return withoutBlanksRead(decoded, layers - 1)
  return countWords(run) >= leastJoined ? spelledOut(run) : run
}

/** An address ends with the letters, but one whose bytes end earlier: `![](data:image/png;base64,iVBO)`. */
function readAround(run: string, start: number, layers: number): string {
  const address = bytesUrl.exec(run.slice(start))?.[0] ?? run.slice(start)
  const around = [run.slice(0, start), run.slice(start + address.length)].map((part) => readRun(part, layers))
  return [around[0], textOfUrl(address, layers), around[1]].filter((part) => part !== "").join(" ")
}

function* wordsOfPart(part: string, layers: number): Sliced<string> {
  const decoded = yield* decodeInSlices(part.replaceAll("+", " "))
  if (yield* isOpaqueInSlices(decoded, shortestCode)) return ""
  const words = yield* eachSlice(decoded, (slice) => {
    const read = decoded === part || layers === 0 ? slice : withoutBlanksRead(slice, layers - 1)
    return spelledOut(read)
  })
  return words.trim()
}

/** Reads slice by slice what is longer than anybody writes without a blank. */
function* eachSlice(text: string, read: (slice: string) => string): Sliced<string> {
  if (text.length <= sliceLength) return read(text)
  const said: Array<string> = []
  for (let start = 0; start < text.length;) {
    const end = endOfSlice(text, start)
    said.push(read(text.slice(start, end)))
    start = end
    yield
  }
  return said.join("")
}

/** Behind a sign that stands for a blank, or else in front of one letter's percent signs. */
function endOfSlice(text: string, start: number): number {
  const full = start + sliceLength
  if (full >= text.length) return text.length
  const sign = text.slice(full - mostBetween, full).search(/[-_.\s+~|][^-_.\s+~|%]*$/u)
  if (sign >= 0) return full - mostBetween + sign + 1
  const letter = text.slice(full - longestEscape, full).search(/%[0-7c-f]/i)
  return letter < 0 ? full : full - longestEscape + letter
}

function* decodeInSlices(text: string): Sliced<string> {
  return text.includes("%") ? yield* eachSlice(text, decodePercent) : text
}

/** Undoes percent signs until there are none, or there is no end of them. */
function decodePercent(text: string): string {
  let decoded = text
  for (let layer = 0; layer < mostLayers && decoded.includes("%"); layer++) {
    const once = decoded
      .replaceAll(/(?:%[\da-f]{2})+/gi, (escapes) => decode(bytesOfPercent(escapes)))
      .replaceAll(/%u([\da-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    if (once === decoded) break
    decoded = once
  }
  return decoded
}

const bytesOfPercent = (escapes: string): Uint8Array =>
  Uint8Array.from(escapes.slice(1).split("%"), (hex) => Number.parseInt(hex, 16))

/** Undefined for other addresses; empty when it holds something other than text. */
function* textOfDataUrl(url: string): Sliced<string | undefined> {
  const match = dataHead.exec(url.slice(0, longestHead))
  if (match === null) return undefined
  const [head, type = "", parameters = ""] = match
  const payload = url.slice(head.length)
  // Without a media type, RFC 2397 says, it is text.
  const mediaType = `${type === "" ? "text/plain" : type}${parameters}`
  const read = /;base64$/i.test(parameters) ? textOfBase64 : textOfPayload
  const text = yield* read(payload, mediaType)
  return countWords(mediaType) < leastJoined ? text : `${spelledOut(mediaType)}\n${text}`
}

/** What is no base64 is read as it stands. */
function* textOfBase64(payload: string, mediaType: string): Sliced<string> {
  const letters = yield* decodeInSlices(payload)
  const bytes = bytesOfBase64(letters)
  yield
  return bytes === undefined ? letters : yield* textOfFileInSlices({ data: bytes, mediaType })
}

/** Only a text's own letters can be in another encoding. */
function* textOfPayload(payload: string, mediaType: string): Sliced<string> {
  const charset = isTextType(mediaType) ? charsetOf(mediaType) : undefined
  if (charset === undefined)
    return yield* eachSlice(yield* decodeInSlices(payload), (slice) => withoutBlanksRead(slice))
  return payload.replaceAll(/(?:%[\da-f]{2})+/gi, (escapes) => decode(bytesOfPercent(escapes), charset))
}
