import { type FacetUIMessage, textOf, verdictsOf } from "@facet/react-hooks"
import { memo } from "react"
import { MessageFrame } from "./MessageFrame.tsx"

interface QuestionProps {
  readonly message: FacetUIMessage
  /** What followed it: the guard's verdict on the question travels with the answer. */
  readonly answer: FacetUIMessage | undefined
  /** Given when nothing followed, and nothing is about to. */
  readonly onRetry: (() => void) | undefined
}

export const Question = memo(function Question({ answer, message, onRetry }: QuestionProps) {
  const verdict = answer === undefined ? undefined : verdictsOf(answer).find(({ of }) => of === "input")?.verdict
  return (
    <li className="message question">
      <MessageFrame
        kind="question"
        verdict={verdict}
        text={textOf(message)}
        speaker={<span className="speaker">You</span>}
      >
        <p className="words" dir="auto">
          {textOf(message)}
        </p>
      </MessageFrame>
      {onRetry === undefined ? undefined : (
        <p className="message-note">
          This has no answer yet.{" "}
          <button type="button" className="text-button" onClick={onRetry}>
            Ask again
          </button>
        </p>
      )}
    </li>
  )
})
