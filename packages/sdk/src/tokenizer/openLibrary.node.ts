/** Tokenizer and templates of `@huggingface/transformers`. */
import { PreTrainedTokenizer } from "@huggingface/transformers"
import type { JsonObject } from "../files/ModelFiles.ts"
import { templateTokens, type TokenizerLibrary } from "./TokenizerLibrary.ts"

export function openLibrary(json: JsonObject, template: string): TokenizerLibrary {
  const library = new PreTrainedTokenizer(json, { ...templateTokens, chat_template: template })
  return {
    bpe: library._tokenizer,
    renderTemplate: (messages, addGenerationPrompt) =>
      library.apply_chat_template(
        messages.map(({ content, role }) => ({ role, content })),
        { tokenize: false, add_generation_prompt: addGenerationPrompt },
      ),
  }
}
