/**
 * The two packages that `@huggingface/transformers` itself has its tokenizer and templates from. As a whole it would put a
 * second ONNX Runtime of 27 MB beside ours into every bundle.
 */
import { Template } from "@huggingface/jinja"
import { Tokenizer } from "@huggingface/tokenizers"
import type { JsonObject } from "../files/ModelFiles.ts"
import { type BytePairEncoding, templateTokens, type TokenizerLibrary } from "./TokenizerLibrary.ts"

export function openLibrary(json: JsonObject, template: string): TokenizerLibrary {
  // Its types do not know what of a file's model they hold: `checkTokenizerFile` found it to be BPE.
  const bpe = new Tokenizer(json, templateTokens) as unknown as BytePairEncoding
  let compiled: Template | undefined
  return {
    bpe,
    renderTemplate: (messages, addGenerationPrompt) => {
      compiled ??= new Template(template)
      return compiled.render({
        messages: messages.map(({ content, role }) => ({ role, content })),
        add_generation_prompt: addGenerationPrompt,
        ...templateTokens,
      })
    },
  }
}
