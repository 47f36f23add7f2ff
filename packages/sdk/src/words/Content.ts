/** What is judged, and by what. */
import { checkUnicode } from "./Checks.ts"
import type { Generation } from "./Generation.ts"
import type { Policy } from "./Policy.ts"
import { promptMessages } from "./Prompt.ts"
import { promptReadings } from "./promptReadings.ts"

/** What is judged: a prompt; a prompt and its response; a response alone; a finished generation. */
export type Content = string | { readonly prompt?: string; readonly response?: string } | Generation

export interface ShieldOptions {
  /** Ids, or policies that the app defined. Default: the four of ShieldGemma. */
  readonly policies?: ReadonlyArray<string | Policy> | undefined
}

/** A content's two sides. */
export interface ContentTexts {
  readonly prompt: string | undefined
  readonly response: string | undefined
}

/** @throws InvalidRequestError when there is neither a prompt nor a response, or when one of them is not Unicode. */
export function readContent(content: Content): ContentTexts {
  const { prompt, response } = textsOf(content)
  if (prompt !== undefined) checkUnicode("prompt", prompt)
  if (response !== undefined) checkUnicode("response", response)
  if (prompt === undefined && response === undefined) checkUnicode("content", undefined)
  return { prompt, response }
}

function textsOf(content: Content): ContentTexts {
  if (typeof content === "string") return { prompt: content, response: undefined }
  if (content === null || typeof content !== "object") return { prompt: content, response: undefined }
  if ("finishReason" in content) {
    return { prompt: promptReadings(promptMessages(content.prompt), ["user"]).question, response: content.text }
  }
  return { prompt: content.prompt, response: content.response }
}
