import { useChat, type UseChatHelpers } from "@ai-sdk/react"
import type { ChatInit } from "ai"
import { useState } from "react"
import { useFacetStore } from "../hooks/FacetContext.ts"
import type { FacetChatOptions } from "./FacetChatOptions.ts"
import { FacetChatTransport } from "./FacetChatTransport.ts"
import type { FacetUIMessage } from "./FacetUIMessage.ts"
import { splitChatOptions } from "./splitChatOptions.ts"

/** Everything of `useChat` but the transport, and how answers are made: `guard`, `trace`, `system`, `maxTokens` … */
export interface UseFacetChatOptions extends Omit<ChatInit<FacetUIMessage>, "transport">, FacetChatOptions {
  /** Milliseconds between two renders while an answer comes. Default 30. */
  readonly throttle?: number | undefined
}

/**
 * The AI SDK's `useChat` on the provider's Facet, in the page or on a server. Sending opens the Facet first when it is
 * not; `useFacet()`, or `onData`, tells how far that is.
 *
 * @param options how answers are made counts from the next message on
 * @example
 * const { messages, sendMessage, status, stop } = useFacetChat({ guard: true, trace: true, maxTokens: 200 })
 */
export function useFacetChat(options: UseFacetChatOptions = {}): UseChatHelpers<FacetUIMessage> {
  const store = useFacetStore()
  const [overlong] = useState(() => new Set<string>())
  const { answering, chat } = splitChatOptions(options)
  const { throttle = 30, ...init } = chat
  // `useChat` takes the latest transport for each message, and one costs nothing.
  return useChat<FacetUIMessage>({
    ...init,
    throttle,
    transport: new FacetChatTransport({ ...answering, store, overlong }),
  })
}
