import type { Decision, Questions } from "@facet/sdk/words"
import type { FacetHooksError } from "../store/FacetHooksError.ts"
import { useAnswer } from "./useAnswer.ts"

export interface UseDecisionOptions {
  /** Milliseconds that the text must rest before it is asked about. Default 300. */
  readonly debounce?: number | undefined
  /** Whether it asks at all. Default `true`. */
  readonly enabled?: boolean | undefined
}

export interface UseDecisionResult<Q extends Questions> {
  /** `idle`: there is nothing to ask about (no text, switched off), or no Facet is ready that could. */
  readonly status: "idle" | "deciding" | "decided" | "error"
  /** On exactly this text and these questions; undefined while they are asked. */
  readonly decision: Decision<Q> | undefined
  /** The latest decision, which may be on an earlier text: for meters that should not flicker while people type. */
  readonly lastDecision: Decision<Q> | undefined
  readonly error: FacetHooksError | undefined
}

const statuses = { idle: "idle", asking: "deciding", answered: "decided", error: "error" } as const

/**
 * Answers to typed questions about a text that somebody is writing, with probabilities. They are asked when the text has
 * rested; answers on earlier texts are dropped, and their work is aborted. Questions may be written anew at each render:
 * what counts is what they say. It does not open the Facet: until that is `ready`, the status is `idle`.
 *
 * @example
 * const { decision } = useDecision(draft, { urgent: { type: "boolean", instructions: "Is it urgent?" } })
 */
export function useDecision<const Q extends Questions>(
  text: string,
  questions: Q,
  options: UseDecisionOptions = {},
): UseDecisionResult<Q> {
  const { debounce = 300, enabled = true } = options
  const { answer, error, last, status } = useAnswer({
    subject: enabled && text.trim() !== "" ? text : undefined,
    optionsKey: JSON.stringify(questions) ?? "",
    debounce,
    operation: "Deciding about the text",
    ask: (effects, subject, signal) => effects.decide(subject, questions, { signal }),
  })
  return { status: statuses[status], decision: answer, lastDecision: last, error }
}
