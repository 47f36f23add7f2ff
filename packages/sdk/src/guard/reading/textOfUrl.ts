/** Addresses say words: in their host, path, query and fragment, or in what a `data:` address holds. */
import { bytesOfBase64, decode } from "./Bytes.ts"
import { countWords, isOpaque, spelledOut } from "./Language.ts"
import { charsetOf, textOfFile } from "./textOfFile.ts"
import { isTextType } from "./TextTypes.ts"

/** What was encoded more often than this was encoded to be hidden, or by mistake: it is read as it stands. */
const mostLayers = 4
/** Letters and digits of an address that are so many, and no language, name something in a database. */
const shortestCode = 20
/** So many words that were joined without a blank are a sentence. */
const leastJoined = 5
/** Of the marks at the end of a sentence. */
const mostMarks = 4
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
export function textOfUrl(url: string, layers = mostLayers): string {
  const address = url.trim()
  const held = textOfDataUrl(address)
  if (held !== undefined) return held
  const said = address
    .replace(scheme, "")
    .split(/[/?#&=@:;,\\[\]()<>"|]+/)
    .map((part) => wordsOfPart(part, layers))
  const words = said.filter((part) => part !== "").join(" ")
  const end = /[.?!]+$/.exec(address.slice(-mostMarks))?.[0] ?? ""
  return /\p{L}/u.test(words) ? words + end : ""
}

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

function wordsOfPart(part: string, layers: number): string {
  const decoded = decodePercent(part.replaceAll("+", " "))
  if (isOpaque(decoded, shortestCode)) return ""
  const read = decoded === part || layers === 0 ? decoded : withoutBlanksRead(decoded, layers - 1)
  return spelledOut(read).trim()
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
function textOfDataUrl(url: string): string | undefined {
  const match = dataHead.exec(url.slice(0, longestHead))
  if (match === null) return undefined
  const [head, type = "", parameters = ""] = match
  const payload = url.slice(head.length)
  // Without a media type, RFC 2397 says, it is text.
  const mediaType = `${type === "" ? "text/plain" : type}${parameters}`
  const text = /;base64$/i.test(parameters) ? textOfBase64(payload, mediaType) : textOfPayload(payload, mediaType)
  return countWords(mediaType) < leastJoined ? text : `${spelledOut(mediaType)}\n${text}`
}

/** What is no base64 is read as it stands. */
function textOfBase64(payload: string, mediaType: string): string {
  const letters = decodePercent(payload)
  const bytes = bytesOfBase64(letters)
  return bytes === undefined ? letters : textOfFile({ data: bytes, mediaType })
}

/** Only a text's own letters can be in another encoding. */
function textOfPayload(payload: string, mediaType: string): string {
  const charset = isTextType(mediaType) ? charsetOf(mediaType) : undefined
  if (charset === undefined) return withoutBlanksRead(decodePercent(payload))
  return payload.replaceAll(/(?:%[\da-f]{2})+/gi, (escapes) => decode(bytesOfPercent(escapes), charset))
}
