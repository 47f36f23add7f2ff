import type { FacetUIMessage } from "@facet/react-hooks"
import type { ChatStatus } from "ai"
import type { Settings } from "../settings/Settings.ts"
import { Answer } from "./Answer.tsx"
import { Question } from "./Question.tsx"

interface ConversationProps {
  readonly messages: ReadonlyArray<FacetUIMessage>
  readonly status: ChatStatus
  readonly settings: Settings
  readonly onRetry: () => void
}

/** One item a message. */
export function Conversation({ messages, onRetry, settings, status }: ConversationProps) {
  const last = messages.length - 1
  const isBusy = status === "submitted" || status === "streaming"
  // After an error the page offers to try again, below.
  const retry = status === "ready" ? onRetry : undefined
  return (
    <ol className="conversation" aria-label="Conversation">
      {messages.map((message, position) =>
        message.role === "user" ? (
          <Question
            key={message.id}
            message={message}
            answer={messages[position + 1]}
            onRetry={position === last ? retry : undefined}
          />
        ) : (
          <Answer
            key={message.id}
            message={message}
            isComing={position === last && isBusy}
            settings={settings}
            onRetry={position === last ? retry : undefined}
          />
        ),
      )}
    </ol>
  )
}
