import { type ComponentPropsWithoutRef, type CSSProperties, forwardRef, useId } from "react"
import type { ToldVerdict } from "@facet/sdk/words"
import { percent } from "./percent.ts"
import { policyName } from "./policyName.ts"
import { VerdictReason } from "./VerdictReason.tsx"

export interface VerdictMeterProps extends Omit<ComponentPropsWithoutRef<"ul">, "children"> {
  readonly verdict: ToldVerdict | undefined
  /** Names of policies in your words, by id. */
  readonly policyNames?: Readonly<Record<string, string>> | undefined
  /** The text that was judged: a reason is then shown within it, otherwise by its words alone. */
  readonly text?: string | undefined
}

/**
 * How likely a content violates each policy, with a mark where it would be flagged. Nothing while nothing was judged.
 *
 * @example
 * <VerdictMeter verdict={await facet.shield("How do I pick a lock?")} />
 */
export const VerdictMeter = forwardRef<HTMLUListElement, VerdictMeterProps>(function VerdictMeter(
  { policyNames, text, verdict, ...props },
  ref,
) {
  if (verdict === undefined) return null
  return (
    <ul
      aria-label="Policies"
      data-facet="verdict-meter"
      data-state={verdict.flagged ? "flagged" : "allowed"}
      {...props}
      ref={ref}
    >
      {verdict.policies.map((entry) => (
        <PolicyMeter key={entry.policy} entry={entry} name={policyName(entry.policy, policyNames)} text={text} />
      ))}
    </ul>
  )
})

interface PolicyMeterProps {
  readonly entry: ToldVerdict["policies"][number]
  readonly name: string
  readonly text: string | undefined
}

function PolicyMeter({ entry, name, text }: PolicyMeterProps) {
  const nameId = useId()
  const { flagged, probability, threshold } = entry
  const said = `${percent(probability)}, ${flagged ? "flagged" : "not flagged"}; the threshold is ${percent(threshold)}`
  return (
    <li data-part="policy" data-state={flagged ? "flagged" : "allowed"}>
      <span id={nameId} data-part="policy-name">
        {name}
      </span>
      <span data-part="value">
        {flagged ? <span data-part="flag">Flagged </span> : undefined}
        {percent(probability)}
      </span>
      <div
        role="meter"
        aria-labelledby={nameId}
        aria-valuemin={0}
        aria-valuemax={1}
        aria-valuenow={probability}
        aria-valuetext={said}
        data-part="meter"
        style={meterStyle(probability, threshold)}
      >
        <span data-part="fill" />
        <span data-part="threshold" title={`Flagged from ${percent(threshold)}`} />
      </div>
      {isReason(entry.reason) ? <VerdictReason reason={entry.reason} text={text} /> : undefined}
    </li>
  )
}

// React's type of styles has no custom properties, although React sets them.
const meterStyle = (probability: number, threshold: number): CSSProperties =>
  ({ "--facet-share": probability, "--facet-threshold": threshold }) as CSSProperties

/** A part of a message may come from anywhere: what is no reason is shown as none. */
const isReason = (reason: unknown): reason is NonNullable<ToldVerdict["policies"][number]["reason"]> => {
  if (typeof reason !== "object" || reason === null) return false
  const { end, start, text, without }: Readonly<Record<string, unknown>> = { ...reason }
  return typeof text === "string" && [start, end, without].every(Number.isFinite)
}
