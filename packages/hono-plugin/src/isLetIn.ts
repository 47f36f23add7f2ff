/** Judging what comes in where no model writes: texts to embed, a prompt that is only scored. */
import type { Facet } from "@facet/sdk"
import type { Exchange } from "./Exchange.ts"
import type { ServerSettings } from "./ServerOptions.ts"

/**
 * Whether a text is let in, by the guard's own options: its policies, its mode, and what happens when it fails.
 *
 * Rejects with the guard's error where it could not judge and does not let through what it cannot judge.
 */
export async function isLetIn(
  facet: Facet,
  guard: ServerSettings["guard"],
  text: string,
  exchange: Exchange,
): Promise<boolean> {
  if (guard === undefined || guard === false || text.trim() === "") return true
  const judged = facet.guard(guard === true ? {} : guard).stream(async function* () {})
  let isIn = true
  for await (const part of judged(text, exchange.call())) {
    if (part.type === "verdict") exchange.noteVerdict("input", part.verdict)
    if (part.type === "failure") exchange.tell(part.error)
    if (part.type !== "blocked") continue
    if (part.blocked.reason === "failed") throw part.blocked.error
    isIn = false
  }
  return isIn
}
