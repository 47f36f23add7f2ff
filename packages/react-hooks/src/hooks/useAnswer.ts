import type { Effects } from "@facet/sdk/remote"
import { useEffect, useMemo, useRef, useState } from "react"
import type { FacetHooksError } from "../store/FacetHooksError.ts"
import { toHooksError } from "../store/toHooksError.ts"
import { useFacet } from "./useFacet.ts"

export interface Asking<Subject, Answer> {
  /** What is asked about; undefined asks nothing. */
  readonly subject: Subject | undefined
  /** What else the answer depends on, as text. */
  readonly optionsKey: string
  /** Milliseconds that nothing may change before it is asked. */
  readonly debounce: number
  readonly operation: string
  readonly ask: (effects: Effects, subject: Subject, signal: AbortSignal) => Promise<Answer>
}

export interface Answered<Answer> {
  readonly status: "idle" | "asking" | "answered" | "error"
  /** About the present subject, never about an earlier one. */
  readonly answer: Answer | undefined
  /** The latest answer, whatever it was about. */
  readonly last: Answer | undefined
  readonly error: FacetHooksError | undefined
}

interface Outcome<Answer> {
  /** The question that it answers. */
  readonly question: object
  readonly answer?: Answer
  readonly error?: FacetHooksError
}

/**
 * Keeps the answer to a question that may change at any moment: asked when it has rested, the work of the one before
 * aborted, its answer dropped. Asks nothing while the Facet is not ready.
 */
export function useAnswer<Subject, Answer>(asking: Asking<Subject, Answer>): Answered<Answer> {
  const { debounce, optionsKey, subject } = asking
  const { effects } = useFacet()
  // A new object for each new question: an outcome counts only when it is of this very one.
  const question = useMemo(
    () => (effects === undefined || subject === undefined ? undefined : { effects, subject, optionsKey }),
    [effects, optionsKey, subject],
  )
  const [outcome, setOutcome] = useState<Outcome<Answer>>()
  const [last, setLast] = useState<Answer>()
  const latest = useRef(asking)
  useEffect(() => {
    latest.current = asking
  })

  useEffect(() => {
    if (question === undefined) return
    const controller = new AbortController()
    const { signal } = controller
    const run = async () => {
      const { ask, operation } = latest.current
      try {
        const answer = await ask(question.effects, question.subject, signal)
        if (signal.aborted) return
        setOutcome({ question, answer })
        setLast(() => answer)
      } catch (cause) {
        if (!signal.aborted) setOutcome({ question, error: toHooksError(operation, cause) })
      }
    }
    const timer = setTimeout(() => void run(), debounce)
    return () => {
      clearTimeout(timer)
      controller.abort()
    }
  }, [debounce, question])

  if (question === undefined) return { status: "idle", answer: undefined, last, error: undefined }
  if (outcome?.question !== question) return { status: "asking", answer: undefined, last, error: undefined }
  const { answer, error } = outcome
  return { status: error === undefined ? "answered" : "error", answer, last, error }
}
