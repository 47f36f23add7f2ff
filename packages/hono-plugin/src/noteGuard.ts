import type { FinishPart } from "@facet/sdk/words"
import type { Exchange } from "./Exchange.ts"

/** Tells those who count what a generation's guard found; nothing where it had none. */
export function noteGuard({ guard }: FinishPart, exchange: Exchange): void {
  if (guard === undefined) return
  const { input, output } = guard.verdicts
  if (input === undefined && output === undefined) exchange.note({ flagged: 0 })
  if (input !== undefined) exchange.noteVerdict("input", input)
  if (output !== undefined) exchange.noteVerdict("output", output)
}
