import type { Facet } from "@facet/sdk"

/**
 * Fails when an engine still works for somebody after it has written so many tokens of something else. Requests take turns:
 * one that was not ended would have got as many steps, and would be far from its end. No clock is asked, which on a busy
 * machine runs on.
 */
export async function assertIdle(facet: Pick<Facet, "generate" | "stats">, tokens = 20): Promise<void> {
  // Never ends by itself: what would end a turn is forbidden.
  const endless = { template: "none", logitBias: { 1: -100, 107: -100 } } as const
  await facet.generate("And then", { ...endless, maxTokens: tokens })
  const { requests } = await facet.stats()
  if (requests > 0) throw new Error(`still at work for ${requests} after ${tokens} tokens of another's`)
}
