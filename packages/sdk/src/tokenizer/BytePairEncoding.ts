/** The tokenizer inside Hugging Face's libraries, whose own types do not resolve under `nodenext`. */
export interface BytePairEncoding {
  /** BPE with byte fallback: the pieces of each stretch of text. */
  readonly model: { readonly encode: (stretches: ReadonlyArray<string>) => ReadonlyArray<string> }
  readonly token_to_id: (piece: string) => number | undefined
  readonly id_to_token: (id: number) => string | undefined
}
