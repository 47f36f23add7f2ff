import { VerdictBadge, type VerdictBadgeProps, VerdictMeter } from "@facet/react-hooks"
import { type ReactNode, useId, useState } from "react"
import { Icon } from "../brand/Icon.tsx"

interface MessageFrameProps {
  /** Who said it. */
  readonly speaker: ReactNode
  readonly kind: "question" | "answer"
  /** What the guard said of it. */
  readonly verdict: VerdictBadgeProps["verdict"]
  /** Its words, in which the verdict's reasons stand. */
  readonly text: string
  readonly children: ReactNode
}

/** A message between its verdict and the verdict's meters: a flagged one shows at once which policy it was. */
export function MessageFrame({ children, kind, speaker, text, verdict }: MessageFrameProps) {
  const [chosen, setChosen] = useState<boolean>()
  const metersId = useId()
  const isOpen = chosen ?? verdict?.flagged ?? false
  return (
    <>
      <div className="message-header">
        {speaker}
        {verdict === undefined ? undefined : (
          <button
            type="button"
            className="verdict-button"
            aria-expanded={isOpen}
            aria-controls={metersId}
            onClick={() => setChosen(!isOpen)}
          >
            <span className="visually-hidden">Verdict on the {kind}: </span>
            <VerdictBadge verdict={verdict} />
            <Icon name="chevron" />
          </button>
        )}
      </div>
      {children}
      <div id={metersId} className="verdict-meters" hidden={verdict === undefined || !isOpen}>
        <VerdictMeter verdict={verdict} text={text} />
      </div>
    </>
  )
}
