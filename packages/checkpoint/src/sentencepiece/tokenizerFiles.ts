import { tokenizerConfigFile, tokenizerFile } from "@facet/sdk/folders"
import { makeTokenizer } from "./makeTokenizer.ts"
import type { Vocabulary } from "./Vocabulary.ts"

/** What of a tokenizer's files is not in the vocabulary. */
export interface TokenizerWishes {
  /** Of the token that goes before every text. */
  readonly bosId: number
  /** The names of the special tokens, where the file says them otherwise than Gemma does. */
  readonly named?: Readonly<Partial<Record<"bos" | "eos" | "pad" | "unk", string | undefined>>>
  /** The chat template that the file brings. */
  readonly template?: string | undefined
  /** The chat template that is used without one: what it spells are control tokens. */
  readonly usualTemplate: string
}

/** `tokenizer.json` and `tokenizer_config.json`, as Google publishes them, of a vocabulary of SentencePiece's. */
export function tokenizerFiles(vocabulary: Vocabulary, wishes: TokenizerWishes): ReadonlyMap<string, Uint8Array> {
  const { bosId, named = {}, template, usualTemplate } = wishes
  const spelt = [usualTemplate, template ?? ""].flatMap((text) => text.match(/<[^<>\s]+>/g) ?? [])
  const config = {
    add_bos_token: true,
    add_eos_token: false,
    bos_token: named.bos ?? "<bos>",
    eos_token: named.eos ?? "<eos>",
    pad_token: named.pad ?? "<pad>",
    unk_token: named.unk ?? "<unk>",
    clean_up_tokenization_spaces: false,
    tokenizer_class: "GemmaTokenizer",
    ...(template !== undefined && { chat_template: template }),
  }
  return new Map([
    [tokenizerFile, encode(JSON.stringify(makeTokenizer(vocabulary, new Set(spelt), bosId)))],
    [tokenizerConfigFile, encode(`${JSON.stringify(config, null, 2)}\n`)],
  ])
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
