import { convertToModelMessages, streamText, type UIMessage, wrapLanguageModel } from "ai"
import { facet, shieldMiddleware } from "@facet/ai-sdk-provider"

/** Answers a chat as a stream of UI messages. */
export async function chat(messages: Array<UIMessage>, abortSignal: AbortSignal): Promise<Response> {
  const result = streamText({
    model: wrapLanguageModel({ model: facet(), middleware: shieldMiddleware() }),
    messages: await convertToModelMessages(messages),
    maxOutputTokens: 200,
    abortSignal,
  })
  return result.toUIMessageStreamResponse()
}
