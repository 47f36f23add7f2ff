import type { Generation, InspectOptions, Trace } from "@facet/sdk/words"
import type { FacetHooksError } from "../store/FacetHooksError.ts"
import { useAnswer } from "./useAnswer.ts"

export interface UseTraceOptions extends Pick<InspectOptions, "layer" | "site" | "topK"> {
  /** Milliseconds that the text must rest before it is traced; for text that somebody is writing. Default 0. */
  readonly debounce?: number | undefined
  /** Whether it traces at all. Default `true`. */
  readonly enabled?: boolean | undefined
}

export interface UseTraceResult {
  /** `idle`: there is nothing to trace (no text, switched off), or no Facet is ready that could. */
  readonly status: "idle" | "tracing" | "traced" | "error"
  /** Of exactly this text, at this site. */
  readonly trace: Trace | undefined
  readonly error: FacetHooksError | undefined
}

const statuses = { idle: "idle", asking: "tracing", answered: "traced", error: "error" } as const

/**
 * The features behind a text, taken raw, or behind a finished generation. A generation counts by identity: keep the
 * object. It does not open the Facet: until that is `ready`, the status is `idle`.
 *
 * @example
 * const { trace } = useTrace("The dog sleeps.", { topK: 3 })
 */
export function useTrace(text: string | Generation | undefined, options: UseTraceOptions = {}): UseTraceResult {
  const { debounce = 0, enabled = true, layer, site, topK } = options
  const { answer, error, status } = useAnswer({
    subject: enabled && text !== "" ? text : undefined,
    optionsKey: JSON.stringify([layer, site, topK]),
    debounce,
    operation: "Tracing the text",
    ask: (effects, subject, signal) => effects.inspect(subject, { layer, site, topK, signal }),
  })
  return { status: statuses[status], trace: answer, error }
}
