/**
 * Control tokens as grammars know them. They have no text: each that a form may ask for is one byte that no UTF-8 has, so that
 * it is never taken for text, and no text for it.
 */
import { functionTokens } from "../../words/ToolFormat.ts"

const firstByte = 0xf8

const { call, escape } = functionTokens
const bytes: ReadonlyMap<string, number> = new Map([...call, escape].map((name, i) => [name, firstByte + i]))

/** Undefined of one that no form asks for. */
export const controlByte = (name: string): number | undefined => bytes.get(name)

export const isControlByte = (byte: number): boolean => byte >= firstByte

/** Stands around texts, as a quote does in JSON. */
export const escapeByte = controlByte(escape) ?? firstByte

interface TokenTexts {
  readonly tokenText: (id: number) => string
  readonly isControl: (id: number) => boolean
  readonly bytesOf: (id: number) => Uint8Array
}

const none = new Uint8Array(0)

/** A token's bytes in a grammar. Tokens of a single byte that no text has stand for nothing. */
export function grammarBytesOf(tokenizer: TokenTexts): (id: number) => Uint8Array {
  return (id) => {
    if (tokenizer.isControl(id)) {
      const byte = controlByte(tokenizer.tokenText(id))
      return byte === undefined ? none : Uint8Array.of(byte)
    }
    const own = tokenizer.bytesOf(id)
    return own.length === 1 && isControlByte(own[0] ?? 0) ? none : own
  }
}
