import type { LanguageModelV4Message, LanguageModelV4Prompt } from "@ai-sdk/provider"
import { textOfFile } from "./textOfFile.ts"

/** What a guard is told of a prompt. */
export interface PromptTexts {
  /** All that users wrote, one turn after the other. */
  readonly input: string
  /** Their last turn, which the answer is about; undefined when nobody wrote anything. */
  readonly question: string | undefined
}

export function promptTexts(prompt: LanguageModelV4Prompt): PromptTexts {
  const turns = prompt.flatMap((message) => (message.role === "user" ? [textOf(message.content)] : []))
  return { input: turns.filter((text) => text !== "").join("\n\n"), question: turns.at(-1) }
}

const textOf = (content: Extract<LanguageModelV4Message, { role: "user" }>["content"]): string =>
  content
    .map((part) => (part.type === "text" ? part.text : textOfFile(part)))
    .filter((text) => text !== "")
    .join("\n")
