/** What is used of Hugging Face's libraries: BPE, and the rendering of chat templates. */

/** A message as chat templates see it. */
export interface TemplateMessage {
  readonly role: "user" | "assistant"
  readonly content: string
}

export interface TokenizerLibrary {
  readonly bpe: BytePairEncoding
  /** Throws what the template throws. */
  readonly renderTemplate: (messages: ReadonlyArray<TemplateMessage>, addGenerationPrompt: boolean) => string
}

/** The tokenizer inside the libraries, whose own types do not resolve under `nodenext`. */
export interface BytePairEncoding {
  /** BPE with byte fallback: the pieces of each stretch of text. */
  readonly model: { readonly encode: (stretches: ReadonlyArray<string>) => ReadonlyArray<string> }
  readonly token_to_id: (piece: string) => number | undefined
  readonly id_to_token: (id: number) => string | undefined
}

/** The tokens that templates know by name. */
export const templateTokens = { bos_token: "<bos>", eos_token: "<eos>" }
