/** What a part of a trace says, without the marks that make it visible. */
import type { TokenView } from "./TokenView.ts"

export type CopiedToken = Pick<TokenView, "token" | "kind">

/** Special tokens are no text. Bytes in a row are a character together. */
export function copiedText(tokens: ReadonlyArray<CopiedToken>): string {
  let text = ""
  let bytes: Array<number> = []
  const decode = () => {
    if (bytes.length > 0) text += new TextDecoder().decode(Uint8Array.from(bytes))
    bytes = []
  }
  for (const { kind, token } of tokens) {
    if (kind === "byte") {
      bytes.push(Number(token.slice(1, -1)))
      continue
    }
    decode()
    if (kind !== "special") text += token
  }
  decode()
  return text
}
