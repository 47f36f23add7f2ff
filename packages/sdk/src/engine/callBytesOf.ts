import type { Tokenizer } from "../tokenizer/Tokenizer.ts"
import { functionTokenNames } from "../words/ToolFormat.ts"

const encoder = new TextEncoder()

/** A token's text, as whoever reads calls wants it: the control tokens of a format of tools are told by their names. */
export const callBytesOf = (tokenizer: Tokenizer): ((id: number) => Uint8Array) => {
  const named = new Map(functionTokenNames.map((name) => [tokenizer.controls.get(name), encoder.encode(name)]))
  return (id) => named.get(id) ?? tokenizer.bytesOf(id)
}
