import { failuresOf, verdictsOf } from "@facet/sdk/words"
import type { UIMessage } from "ai"
import { textOf } from "./textOf.ts"
import { VerdictBadge } from "./VerdictBadge.tsx"

export interface MessageProps {
  readonly message: UIMessage
  readonly isStreaming: boolean
}

export function Message({ isStreaming, message }: MessageProps) {
  const text = textOf(message)
  const verdicts = verdictsOf(message)
  return (
    <article className="message" data-role={message.role} data-streaming={isStreaming}>
      <h2>{message.role === "user" ? "You" : "Assistant"}</h2>
      {text !== "" && <p className="text">{text}</p>}
      {verdicts.length > 0 && (
        <div className="verdicts">
          {verdicts.map((told, index) => (
            <VerdictBadge key={index} {...told} />
          ))}
        </div>
      )}
      {failuresOf(message).map(({ error }, index) => (
        <p key={index} className="failure">
          The guard failed: {error.message}
        </p>
      ))}
    </article>
  )
}
