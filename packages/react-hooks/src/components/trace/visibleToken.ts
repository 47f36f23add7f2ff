/** A token's text as people can see and hear it. */

export type TokenKind = "text" | "newline" | "blank" | "byte" | "special"

export interface VisibleToken {
  readonly kind: TokenKind
  /** What is drawn. Never empty, so that there is always something to point at. */
  readonly shown: string
  /** What a screen reader says. */
  readonly spoken: string
}

const special = /^<(?:bos|eos|pad|unk|mask|start_of_turn|end_of_turn|unused\d+)>$/
const byte = /^<0x[0-9A-Fa-f]{2}>$/
const onlySpaces = /^\p{Zs}+$/u
/** Marks that turn the reading direction of whatever follows: a token must not rearrange its neighbours. */
const directionMarks = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu
/** Joiners and the like have no width when they stand alone, but belong to a word or an emoji when they do not. */
const onlyInvisible = /^\p{Cf}+$/u

/** Texts repeat their tokens: most were looked at before. */
const known = new Map<string, VisibleToken>()
const mostKnown = 20_000

export function visibleToken(token: string): VisibleToken {
  const before = known.get(token)
  if (before !== undefined) return before
  if (known.size >= mostKnown) known.clear()
  const visible = lookAt(token)
  known.set(token, visible)
  return visible
}

function lookAt(token: string): VisibleToken {
  if (special.test(token)) return { kind: "special", shown: token, spoken: token }
  if (byte.test(token)) return { kind: "byte", shown: token, spoken: token }
  if (token === "") return { kind: "special", shown: "∅", spoken: "empty" }
  if (/^[\r\n]+$/.test(token)) return { kind: "newline", shown: shownText(token), spoken: spokenLines(token) }
  if (onlySpaces.test(token)) return { kind: "blank", shown: "\u00a0".repeat(token.length), spoken: "space" }
  const shown = onlyInvisible.test(token) ? token.replace(/./gu, codePoint) : shownText(token)
  return { kind: "text", shown, spoken: shown.trim() }
}

const spokenLines = (token: string): string => {
  const lines = token.replaceAll("\r\n", "\n").length
  return lines === 1 ? "new line" : `${lines} new lines`
}

const shownText = (token: string): string =>
  token
    .replace(/\r?\n/g, "↵")
    .replace(directionMarks, codePoint)
    .replace(/\p{Cc}/gu, controlPicture)

const codePoint = (character: string): string =>
  `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}>`

function controlPicture(character: string): string {
  if (character === "\t") return "⇥"
  const code = character.codePointAt(0) ?? 0
  return code < 0x20 ? String.fromCodePoint(0x2400 + code) : codePoint(character)
}
