import { checkUnicode } from "./Checks.ts"
import type { Content, ContentTexts } from "./Content.ts"
import { promptMessages } from "./Prompt.ts"
import { promptReadings } from "./promptReadings.ts"

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
