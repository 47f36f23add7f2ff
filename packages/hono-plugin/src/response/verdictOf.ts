import { type Blocked, type Verdict, visibleVerdict } from "@facet/sdk/words"

/** What a client is told of a verdict that blocked: not how much it cost. */
export interface BlockingVerdict extends Pick<Verdict, "flagged" | "policies" | "turn"> {
  readonly of: "input" | "output"
  readonly channel?: string
}

export function verdictOf({ channel, of, verdict }: Blocked): BlockingVerdict | undefined {
  if (verdict === undefined) return undefined
  const { flagged, policies, turn } = visibleVerdict(of, verdict)
  return {
    of,
    ...(channel === undefined ? {} : { channel }),
    ...(turn === undefined ? {} : { turn }),
    flagged,
    policies,
  }
}
