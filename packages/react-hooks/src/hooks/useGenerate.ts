import type { CallOptions, GenerateOptions, Generation, Prompt } from "@facet/sdk/words"
import { useCallback, useEffect, useInsertionEffect, useRef, useState, useSyncExternalStore } from "react"
import { type GenerationSnapshot, GenerationStore } from "../store/GenerationStore.ts"
import { useFacetStore } from "./FacetContext.ts"

/** As for `facet.generate`. */
export type UseGenerateOptions = GenerateOptions

export interface UseGenerateResult extends GenerationSnapshot {
  /**
   * Stops the generation before, and starts anew; opens the Facet first when it is not. Resolves to the finished
   * generation, or to undefined when it was stopped or failed. Never rejects: see `error`.
   *
   * @param options count before those of the hook
   */
  readonly generate: (prompt: Prompt, options?: GenerateOptions & CallOptions) => Promise<Generation | undefined>
  /** Ends the generation within one token. What was said stays. */
  readonly stop: () => void
  /** Ends the generation and forgets it. */
  readonly reset: () => void
}

/**
 * What the model says, as it says it, with verdicts and features where they are asked for. Leaving the page ends it.
 *
 * @param options count from the next `generate()` on
 * @example
 * const { text, status, generate, stop } = useGenerate({ guard: true, maxTokens: 100 })
 */
export function useGenerate(options: UseGenerateOptions = {}): UseGenerateResult {
  const facet = useFacetStore()
  // Kept as state: what is merely memoised is forgotten when a developer saves the file.
  const [held, hold] = useState(() => ({ facet, store: new GenerationStore(facet) }))
  if (held.facet !== facet) hold({ facet, store: new GenerationStore(facet) })
  const { store } = held
  const snapshot = useSyncExternalStore(store.subscribe, store.getSnapshot, store.getServerSnapshot)
  const latest = useRef(options)
  useInsertionEffect(() => {
    latest.current = options
  })
  useEffect(() => store.stop, [store])
  const generate = useCallback(
    (prompt: Prompt, own: GenerateOptions & CallOptions = {}) => store.generate(prompt, { ...latest.current, ...own }),
    [store],
  )
  return { ...snapshot, generate, stop: store.stop, reset: store.reset }
}
