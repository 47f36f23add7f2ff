/**
 * Text out of tokens while they come. A token's bytes may end in the middle of a UTF-8 character (Gemma spells rare
 * characters byte by byte): what is incomplete waits for the next token.
 *
 * Law: all pushes and the final flush, joined, are what `new TextDecoder("utf-8", { ignoreBOM: true })` makes of all
 * bytes at once. So bytes that are not UTF-8 become U+FFFD, and a leading U+FEFF survives.
 */
export interface Detokeniser {
  /** The text that a token completes: whole code points only, so never half a surrogate pair; often empty. */
  push(id: number): string
  /** The text of what still waits, which is no complete character any more: U+FFFD, or nothing. Starts anew. */
  flush(): string
}

/**
 * @param bytesOf the UTF-8 bytes of a token; empty for a token that has no text (control tokens).
 */
export const makeDetokeniser = (bytesOf: (id: number) => Uint8Array): Detokeniser => {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
  return {
    push: (id) => decoder.decode(bytesOf(id), { stream: true }),
    flush: () => decoder.decode(),
  }
}
