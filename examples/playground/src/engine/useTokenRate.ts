import { type FacetUIMessage, tracesOf } from "@facet/react-hooks"
import { useEffect, useRef, useState } from "react"

interface Start {
  readonly id: string
  readonly at: number
  readonly tokens: number
}

/** Shorter than this, a rate is a guess. In milliseconds. */
const shortest = 250

/** Tokens a second of the last answer: measured here while it comes, and by the engine at its end. */
export function useTokenRate(messages: ReadonlyArray<FacetUIMessage>, isStreaming: boolean): number | undefined {
  const last = messages.at(-1)
  const answer = last?.role === "assistant" ? last : undefined
  const tokens = isStreaming && answer !== undefined ? (tracesOf(answer)[0]?.tokens.length ?? 0) : 0
  const id = answer?.id
  const start = useRef<Start>(undefined)
  const [live, setLive] = useState<number>()
  useEffect(() => {
    if (id === undefined || tokens === 0) return
    const now = performance.now()
    if (start.current?.id !== id) {
      start.current = { id, at: now, tokens }
      setLive(undefined)
    } else if (now - start.current.at >= shortest) {
      setLive(((tokens - start.current.tokens) / (now - start.current.at)) * 1000)
    }
  }, [id, tokens])
  if (isStreaming) return live
  const rateOf = ({ metadata }: FacetUIMessage) => metadata?.timings?.tokensPerSecond ?? 0
  const measured = messages.findLast((message) => rateOf(message) > 0)
  return measured === undefined ? undefined : rateOf(measured)
}
