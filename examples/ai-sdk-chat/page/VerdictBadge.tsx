import type { FacetVerdictData } from "@facet/sdk/words"

/** Says in a word what the guard found; opened, how sure it is. */
export function VerdictBadge({ of, verdict: { flagged, policies } }: FacetVerdictData) {
  const subject = of === "input" ? "Question" : "Answer"
  const violated = policies.filter((policy) => policy.flagged).map(({ policy }) => named(policy))
  return (
    <details className="verdict" data-flagged={flagged}>
      <summary>{flagged ? `${subject} blocked: ${violated.join(", ")}` : `${subject} passed`}</summary>
      <dl>
        {policies.map(({ flagged: isFlagged, policy, probability }) => (
          <div key={policy} data-flagged={isFlagged}>
            <dt>{named(policy)}</dt>
            <dd>{probability.toFixed(2)}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}

const named = (policy: string) => policy.replaceAll("_", " ")
