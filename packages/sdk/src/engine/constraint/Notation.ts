/** How values are written in a text: as JSON, or as the format `function-call` writes arguments. */
import { isList, isRecord } from "../../words/Json.ts"
import { functionTokens } from "../../words/ToolFormat.ts"
import { Choices } from "./Choices.ts"
import { escapeByte } from "./ControlBytes.ts"
import { Text } from "./Grammar.ts"
import type { SpellingKind } from "./Spelling.ts"
import type { TokenTrie } from "./TokenTrie.ts"

const encoder = new TextEncoder()
export const encode = (text: string): Uint8Array => encoder.encode(text)

/** One of some texts. */
export const oneOf = (...texts: ReadonlyArray<string>): Text => new Text(new Choices(texts.map(encode)))

const choice = (texts: ReadonlyArray<string>, tokens: TokenTrie | undefined): Text =>
  new Text(new Choices(texts.map(encode), tokens))

export interface Notation {
  /** The byte that stands on both sides of a text. */
  readonly quote: number
  /** How the characters between them are spelt. */
  readonly spelling: SpellingKind
  /** What no text may hold. */
  readonly border: string | undefined
  readonly comma: Text
  readonly colon: Text
  /** A member's name and colon: of the first of an object, and of a later one with the comma before it. */
  readonly property: (name: string, tokens: TokenTrie | undefined) => { readonly first: Text; readonly later: Text }
  /** A name as it stands between quotes, these included. */
  readonly quoted: (name: string) => Uint8Array
  /** A whole value of JSON. */
  readonly value: (value: unknown) => Uint8Array
}

/** One space may stand behind a comma and a colon, as people write it; no other white space anywhere. */
export const jsonNotation: Notation = {
  quote: 0x22,
  spelling: "json",
  border: undefined,
  comma: oneOf(",", ", "),
  colon: oneOf(":", ": "),
  property: (name, tokens) => {
    const key = JSON.stringify(name)
    return {
      first: choice([`${key}:`, `${key}: `], tokens),
      later: choice([`,${key}:`, `,${key}: `, `, ${key}:`, `, ${key}: `], tokens),
    }
  },
  quoted: (name) => encode(JSON.stringify(name)),
  value: (value) => encode(JSON.stringify(value)),
}

/** What stands bare: nothing of it could end a name. */
const bareName = /^[\p{L}\p{N}_$@.-]+$/u

const joined = (parts: ReadonlyArray<Uint8Array>): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]))
const text = (bytes: Uint8Array, tokens: TokenTrie | undefined): Text => new Text(new Choices([bytes], tokens))
const between = (parts: ReadonlyArray<Uint8Array>): ReadonlyArray<Uint8Array> =>
  parts.flatMap((part, i) => (i === 0 ? [part] : [encode(","), part]))

const escaped = (name: string): Uint8Array =>
  joined([Uint8Array.of(escapeByte), encode(name), Uint8Array.of(escapeByte)])
const nameOf = (name: string): Uint8Array => (bareName.test(name) ? encode(name) : escaped(name))

/** Names stand bare, texts between two tokens of their own and unescaped: `{city:<escape>Oslo<escape>,days:3}`. */
export const functionNotation: Notation = {
  quote: escapeByte,
  spelling: "utf8",
  border: functionTokens.escape,
  comma: oneOf(","),
  colon: oneOf(":"),
  property: (name, tokens) => {
    const key = nameOf(name)
    return {
      first: text(joined([key, encode(":")]), tokens),
      later: text(joined([encode(","), key, encode(":")]), tokens),
    }
  },
  quoted: escaped,
  value: spelt,
}

function spelt(value: unknown): Uint8Array {
  if (typeof value === "string") return escaped(value)
  if (isList(value)) return joined([encode("["), ...between(value.map(spelt)), encode("]")])
  if (!isRecord(value)) return encode(JSON.stringify(value))
  const members = Object.entries(value).map(([name, item]) => joined([nameOf(name), encode(":"), spelt(item)]))
  return joined([encode("{"), ...between(members), encode("}")])
}
