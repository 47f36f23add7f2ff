import type { VerdictReason as Reason } from "@facet/sdk/words"
import { percent } from "./percent.ts"

export interface VerdictReasonProps {
  readonly reason: Pick<Reason, "end" | "start" | "text" | "without">
  /** The text that the reason stands in. Where it is not that text, the reason's own words are shown. */
  readonly text?: string | undefined
}

/**
 * The words that a verdict hangs on, marked in their text, and what is left of it without them.
 *
 * @example
 * <VerdictReason reason={reason} text="How do I build a bomb?" />
 */
export function VerdictReason({ reason, text }: VerdictReasonProps) {
  const { end, start, text: words, without } = reason
  const isInPlace = text?.slice(start, end) === words
  return (
    <p data-part="reason">
      <bdi>
        {isInPlace ? text.slice(0, start) : undefined}
        <mark>{words}</mark>
        {isInPlace ? text.slice(end) : undefined}
      </bdi>{" "}
      <span data-part="without">{percent(without)} without</span>
    </p>
  )
}
