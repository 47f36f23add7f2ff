import {
  type Blocked,
  type PolicyVerdict,
  type ToldPolicyVerdict,
  type Verdict,
  visibleVerdict,
} from "@facet/sdk/words"

/** What a client is told of a verdict that blocked: not how much it cost. */
export interface BlockingVerdict extends Pick<Verdict, "flagged" | "turn"> {
  readonly policies: ReadonlyArray<ToldPolicyVerdict>
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
    policies: policies.map(withoutCost),
  }
}

function withoutCost({ reason, ...policy }: PolicyVerdict): ToldPolicyVerdict {
  if (reason === undefined) return policy
  const { tokens: _tokens, ...told } = reason
  return { ...policy, reason: told }
}
