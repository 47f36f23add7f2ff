import type { LanguageModelV4Message, LanguageModelV4Prompt } from "@ai-sdk/provider"
import type { Reader } from "./Reader.ts"
import { wordsOfFilePart } from "./wordsOfFilePart.ts"

/** What a guard is told of a prompt. */
export interface PromptTexts {
  /** All that users wrote, one turn after the other. */
  readonly input: string
  /** Their last turn, which the answer is about; undefined when nobody wrote anything. */
  readonly question: string | undefined
}

export function promptTexts(prompt: LanguageModelV4Prompt, reader: Reader): PromptTexts {
  const turns = prompt.flatMap((message) => (message.role === "user" ? [textOf(message.content, reader)] : []))
  return { input: turns.filter((text) => text !== "").join("\n\n"), question: turns.at(-1) }
}

/** The texts of a turn are one text, wherever a file stands between them. */
function textOf(content: Extract<LanguageModelV4Message, { role: "user" }>["content"], reader: Reader): string {
  const text = reader.joinTexts(content.flatMap((part) => (part.type === "text" ? [part.text] : [])))
  const files = content.flatMap((part) => (part.type === "text" ? [] : [wordsOfFilePart(part, reader)]))
  return [text, ...files].filter((words) => words !== "").join("\n")
}
