/** Bytes as text. */

/** Signs that no text has, but for a blank, a tab and the ends of lines and pages. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const control = /[\0-\x08\x0e-\x1a\x1c-\x1f]/
/** Where it is longer, its beginning tells whether a file is text, before all of it is decoded. */
const beginning = 4_096
/** Of letters beyond ASCII, in a text of an unknown encoding. */
const mostOthers = 0.3

/** The text of bytes in the encoding that they show, or else the one that is named; signs stand for what is none. */
export function decode(bytes: Uint8Array, charset = "utf-8"): string {
  return decodeAs(wideEncodingOf(bytes) ?? charset, bytes)
}

/** The text of bytes that are text from beginning to end; undefined for any others. */
export function readableText(bytes: Uint8Array): string | undefined {
  const wide = wideEncodingOf(bytes)
  if (wide !== undefined) return withoutControl(decodeAs(wide, bytes))
  if (control.test(latin(bytes.subarray(0, beginning)))) return undefined
  try {
    return withoutControl(new TextDecoder("utf-8", { fatal: true }).decode(bytes))
  } catch {
    return textOfOneByteLetters(bytes)
  }
}

/** Text of older encodings is mostly in letters that all of them have. */
function textOfOneByteLetters(bytes: Uint8Array): string | undefined {
  let others = 0
  for (const byte of bytes) if (byte >= 0x80) others++
  return others > bytes.length * mostOthers ? undefined : withoutControl(latin(bytes))
}

/** A call has room for so many arguments anywhere. */
const mostArguments = 8_192

function latin(bytes: Uint8Array): string {
  const parts: Array<string> = []
  for (let at = 0; at < bytes.length; at += mostArguments) {
    parts.push(String.fromCharCode(...bytes.subarray(at, at + mostArguments)))
  }
  return parts.join("")
}

const withoutControl = (text: string): string | undefined => (control.test(text) ? undefined : text)

/** The bytes that base64 stands for, in either alphabet; undefined where it is none. */
export function bytesOfBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const letters = text.replaceAll(/\s+/g, "").replaceAll("-", "+").replaceAll("_", "/")
  if (!/^[A-Za-z\d+/]+={0,2}$/.test(letters)) return undefined
  try {
    const held = atob(letters)
    // A call per letter would take ten times as long.
    const bytes = new Uint8Array(held.length)
    for (let at = 0; at < held.length; at++) bytes[at] = held.charCodeAt(at)
    return bytes
  } catch {
    return undefined
  }
}

/** An encoding that nobody knows is read as the one that most texts have. */
function decodeAs(charset: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder(charset).decode(bytes)
  } catch {
    return new TextDecoder().decode(bytes)
  }
}

/** Letters of two bytes: by their mark, or since every other byte of Latin letters is 0. */
function wideEncodingOf(bytes: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return "utf-16le"
  if (first === 0xfe && second === 0xff) return "utf-16be"
  const zeros = [0, 0]
  const length = Math.min(bytes.length, beginning)
  for (let at = 0; at < length; at++) if (bytes[at] === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1
  const [even = 0, odd = 0] = zeros
  const most = length * 0.4
  if (odd > most && even === 0) return "utf-16le"
  return even > most && odd === 0 ? "utf-16be" : undefined
}
