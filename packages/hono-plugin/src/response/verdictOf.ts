import type { Blocked } from "@facet/sdk"

/** What a client is told of a verdict: not how much it cost. */
export interface ToldVerdict {
  readonly of: "input" | "output"
  readonly channel?: string
  readonly flagged: boolean
  readonly policies: ReadonlyArray<{
    readonly policy: string
    readonly probability: number
    readonly threshold: number
    readonly flagged: boolean
  }>
}

export function verdictOf({ channel, of, verdict }: Blocked): ToldVerdict | undefined {
  if (verdict === undefined) return undefined
  const { flagged, policies } = verdict
  return { of, ...(channel === undefined ? {} : { channel }), flagged, policies }
}
