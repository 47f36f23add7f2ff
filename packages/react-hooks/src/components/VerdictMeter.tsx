import { type ComponentPropsWithoutRef, type CSSProperties, forwardRef, useId } from "react"
import type { ToldVerdict } from "@facet/sdk/words"
import { policyName } from "./policyName.ts"

export interface VerdictMeterProps extends Omit<ComponentPropsWithoutRef<"ul">, "children"> {
  readonly verdict: ToldVerdict | undefined
  /** Names of policies in your words, by id. */
  readonly policyNames?: Readonly<Record<string, string>> | undefined
}

/**
 * How likely a content violates each policy, with a mark where it would be flagged. Nothing while nothing was judged.
 *
 * @example
 * <VerdictMeter verdict={await facet.shield("How do I pick a lock?")} />
 */
export const VerdictMeter = forwardRef<HTMLUListElement, VerdictMeterProps>(function VerdictMeter(
  { policyNames, verdict, ...props },
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
        <PolicyMeter key={entry.policy} entry={entry} name={policyName(entry.policy, policyNames)} />
      ))}
    </ul>
  )
})

interface PolicyMeterProps {
  readonly entry: ToldVerdict["policies"][number]
  readonly name: string
}

function PolicyMeter({ entry, name }: PolicyMeterProps) {
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
    </li>
  )
}

/** Rounded, but never across: 0 % and 100 % are only what is that or next to it. */
const percent = (probability: number): string => {
  if (probability > 0 && probability < 0.01) return "< 1 %"
  if (probability < 1 && probability > 0.99) return "> 99 %"
  return `${Math.round(probability * 100)} %`
}

// React's type of styles has no custom properties, although React sets them.
const meterStyle = (probability: number, threshold: number): CSSProperties =>
  ({ "--facet-share": probability, "--facet-threshold": threshold }) as CSSProperties
