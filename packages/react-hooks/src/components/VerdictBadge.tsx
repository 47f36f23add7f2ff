import { type ComponentPropsWithoutRef, forwardRef, type ReactNode } from "react"
import type { ToldVerdict } from "@facet/sdk/words"
import { policyName } from "./policyName.ts"

export type VerdictBadgeState = "allowed" | "flagged" | "judging" | "error"

export interface VerdictBadgeProps extends Omit<ComponentPropsWithoutRef<"span">, "children"> {
  readonly verdict?: ToldVerdict | undefined
  /** As `useShield` gives it. Default: `judged` when there is a verdict, otherwise `idle`. */
  readonly status?: "idle" | "judging" | "judged" | "error" | undefined
  /** Names of policies in your words, by id. */
  readonly policyNames?: Readonly<Record<string, string>> | undefined
  /** What is written beside the icon, in place of our words. */
  readonly children?: ReactNode
}

/**
 * What a verdict says, in one word and an icon. Nothing at all while nothing was judged: only a verdict allows.
 *
 * @example
 * const { verdict, status } = useShield(message)
 * return <VerdictBadge verdict={verdict} status={status} />
 */
export const VerdictBadge = forwardRef<HTMLSpanElement, VerdictBadgeProps>(function VerdictBadge(
  { children, policyNames, status, verdict, ...props },
  ref,
) {
  const state = stateOf(verdict, status)
  if (state === undefined) return null
  return (
    <span data-facet="verdict-badge" data-state={state} {...props} ref={ref}>
      <svg aria-hidden="true" viewBox="0 0 16 16" data-part="icon">
        <path
          d={icons[state]}
          fill="none"
          stroke="currentColor"
          strokeWidth="1.75"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
      <span data-part="text">{children ?? textOf(state, verdict, policyNames)}</span>
    </span>
  )
})

/** While a newer text is judged, or could not be, an older verdict says nothing of it. */
function stateOf(verdict: ToldVerdict | undefined, status: VerdictBadgeProps["status"]): VerdictBadgeState | undefined {
  if (status === "judging" || status === "error") return status
  if (verdict === undefined) return undefined
  return verdict.flagged ? "flagged" : "allowed"
}

const icons: Readonly<Record<VerdictBadgeState, string>> = {
  // A tick.
  allowed: "M3 8.5 6.5 12 13 4.5",
  // A flag.
  flagged: "M4 14V2.5M4 3h8.5l-2 3 2 3H4",
  // An open ring.
  judging: "M8 2a6 6 0 1 1-6 6",
  // An exclamation mark in a triangle.
  error: "M8 2 14.5 13.5H1.5ZM8 6.5v3M8 11.6v.05",
}

function textOf(
  state: VerdictBadgeState,
  verdict: ToldVerdict | undefined,
  policyNames: Readonly<Record<string, string>> | undefined,
): string {
  if (state === "allowed") return "Allowed"
  if (state === "judging") return "Judging…"
  if (state === "error") return "Not judged: an error occurred"
  const flagged = verdict?.policies.filter((policy) => policy.flagged) ?? []
  const names = flagged.map(({ policy }) => policyName(policy, policyNames))
  return names.length === 0 ? "Flagged" : `Flagged: ${names.join(", ")}`
}
