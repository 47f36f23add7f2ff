import { blockedOf, failuresOf, type FacetUIMessage, textOf, tracesOf, verdictsOf } from "@facet/react-hooks"
import { memo } from "react"
import { Gem } from "../brand/Gem.tsx"
import { rateText } from "../engine/rateText.ts"
import type { Settings } from "../settings/Settings.ts"
import { AnswerFeatures } from "./AnswerFeatures.tsx"
import { BlockedNote } from "./BlockedNote.tsx"
import { MessageFrame } from "./MessageFrame.tsx"

interface AnswerProps {
  readonly message: FacetUIMessage
  /** Whether more of it is on its way. */
  readonly isComing: boolean
  readonly settings: Settings
  /** Given to the last answer. */
  readonly onRetry: (() => void) | undefined
}

export const Answer = memo(function Answer({ isComing, message, onRetry, settings }: AnswerProps) {
  const text = textOf(message)
  const blocked = blockedOf(message)
  const verdict = verdictsOf(message).find(({ of }) => of === "output")?.verdict
  const state = isComing ? "coming" : blocked === undefined ? "done" : "blocked"
  const speaker = (
    <>
      <Gem />
      <span className="speaker">Gemma</span>
    </>
  )
  return (
    <li className="message answer" data-state={state}>
      <MessageFrame kind="answer" verdict={verdict} text={text} speaker={speaker}>
        {text === "" ? undefined : (
          <p className="words" dir="auto">
            {text}
          </p>
        )}
        {blocked === undefined ? undefined : <BlockedNote of={blocked} hasText={text !== ""} />}
      </MessageFrame>
      {failuresOf(message).map(({ error, of }, position) => (
        <p key={position} className="message-note">
          The {of === "input" ? "question" : "answer"} was not judged: {error.message}
        </p>
      ))}
      {isComing ? undefined : <Ending message={message} onRetry={onRetry} />}
      <AnswerFeatures traces={tracesOf(message)} settings={settings}>
        <Figures message={message} />
      </AnswerFeatures>
    </li>
  )
})

/** Why an answer is not whole. What a visitor stopped, or a reload cut off, has no metadata. */
function Ending({ message, onRetry }: Pick<AnswerProps, "message" | "onRetry">) {
  const finishReason = message.metadata?.finishReason
  if (finishReason === "length") return <p className="message-note">It ends here because it has the longest length.</p>
  if (finishReason !== undefined) return null
  return (
    <p className="message-note">
      Stopped before its end.{" "}
      {onRetry === undefined ? undefined : (
        <button type="button" className="text-button" onClick={onRetry}>
          Ask again
        </button>
      )}
    </p>
  )
}

function Figures({ message }: Pick<AnswerProps, "message">) {
  const { timings, usage } = message.metadata ?? {}
  if (usage === undefined || timings === undefined || usage.completionTokens === 0) return null
  const rate = timings.tokensPerSecond > 0 ? ` · ${rateText(timings.tokensPerSecond)}` : ""
  return (
    <span className="figures">
      {usage.completionTokens} tokens{rate}
    </span>
  )
}
