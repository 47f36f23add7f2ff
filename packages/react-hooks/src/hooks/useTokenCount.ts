import type { ChatMessage } from "@facet/sdk/words"
import type { FacetHooksError } from "../store/FacetHooksError.ts"
import { useAnswer } from "./useAnswer.ts"

export interface UseTokenCountOptions {
  /** Milliseconds that the prompt must rest before it is counted. Default 100. */
  readonly debounce?: number | undefined
  /** Whether it counts at all. Default `true`. */
  readonly enabled?: boolean | undefined
}

export interface UseTokenCountResult {
  /** `idle`: it is switched off, or no Facet is ready that could count. */
  readonly status: "idle" | "counting" | "counted" | "error"
  /** Of exactly this prompt; undefined while it is counted. */
  readonly count: number | undefined
  /** The latest count, which may be of an earlier prompt: for meters that should not flicker while people type. */
  readonly lastCount: number | undefined
  readonly error: FacetHooksError | undefined
}

const statuses = { idle: "idle", asking: "counting", answered: "counted", error: "error" } as const

/**
 * How many tokens of the model's context a prompt would take, template and all: what `generate` would count as
 * `usage.promptTokens`. A chat may be written anew at each render: what counts is what it says.
 *
 * @example
 * const { lastCount = 0 } = useTokenCount(draft)
 */
export function useTokenCount(
  prompt: string | ReadonlyArray<ChatMessage>,
  options: UseTokenCountOptions = {},
): UseTokenCountResult {
  const { debounce = 100, enabled = true } = options
  const key = JSON.stringify(prompt)
  const { answer, error, last, status } = useAnswer({
    subject: enabled ? key : undefined,
    optionsKey: "",
    debounce,
    operation: "Counting tokens",
    ask: (effects, _, signal) => effects.tokens.count(prompt, { signal }),
  })
  return { status: statuses[status], count: answer, lastCount: last, error }
}
