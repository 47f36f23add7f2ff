import type { ShieldOptions, Verdict } from "@facet/sdk/words"
import type { FacetHooksError } from "../store/FacetHooksError.ts"
import { useAnswer } from "./useAnswer.ts"

export interface UseShieldOptions extends ShieldOptions {
  /** Milliseconds that the text must rest before it is judged. Default 300. */
  readonly debounce?: number | undefined
  /** Whether it judges at all. Default `true`. */
  readonly enabled?: boolean | undefined
}

export interface UseShieldResult {
  /** `idle`: there is nothing to judge (no text, switched off), or no Facet is ready that could. */
  readonly status: "idle" | "judging" | "judged" | "error"
  /** On exactly this text; undefined while it is judged. Decide by this one. */
  readonly verdict: Verdict | undefined
  /** The latest verdict, which may be on an earlier text: for meters that should not flicker while people type. */
  readonly lastVerdict: Verdict | undefined
  /** Why the text could not be judged. */
  readonly error: FacetHooksError | undefined
}

const statuses = { idle: "idle", asking: "judging", answered: "judged", error: "error" } as const

/**
 * The verdict on a text that somebody is writing. It is judged when it has rested; answers on earlier texts are dropped,
 * and their work is aborted. It does not open the Facet: until that is `ready`, the status is `idle`. Options may be
 * written anew at each render: what counts is what they say, and of a `judge` its name.
 *
 * @example
 * const { status, verdict } = useShield(draft, { policies: ["harassment"] })
 */
export function useShield(text: string, options: UseShieldOptions = {}): UseShieldResult {
  const { debounce = 300, enabled = true, ...asked } = options
  const { judge, ...rest } = asked
  const { answer, error, last, status } = useAnswer({
    subject: enabled && text.trim() !== "" ? text : undefined,
    optionsKey: JSON.stringify([rest, judge?.name]),
    debounce,
    operation: "Judging the text",
    ask: (effects, subject, signal) => effects.shield(subject, { ...asked, signal }),
  })
  return { status: statuses[status], verdict: answer, lastVerdict: last, error }
}
