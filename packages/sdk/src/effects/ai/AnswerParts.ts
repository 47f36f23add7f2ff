/** A generation's parts as those of Effect's responses. */
import type * as Response from "effect/ai/Response"
import type { FinishPart, FinishReason, GenerationPart } from "../../words/Generation.ts"
import type { GuardReport } from "../../words/GuardReport.ts"

const finishReasons = {
  stop: "stop",
  length: "length",
  blocked: "content-filter",
  "tool-calls": "tool-calls",
} as const satisfies Readonly<Record<FinishReason, Response.FinishReason>>

/** An answer has one text. */
const id = "0"

/** Of one answer: what came before decides what a part becomes. */
export class AnswerParts {
  #isOpen = false
  readonly #failures: Array<string> = []

  pass(part: GenerationPart): ReadonlyArray<Response.StreamPartEncoded> {
    switch (part.type) {
      case "text": {
        const delta = { type: "text-delta", id, delta: part.text } as const
        if (this.#isOpen) return [delta]
        this.#isOpen = true
        return [{ type: "text-start", id }, delta]
      }
      case "failure":
        this.#failures.push(part.error instanceof Error ? part.error.message : String(part.error))
        return []
      case "finish": {
        const finish = finishOf(part, this.#failures)
        return this.#isOpen ? [{ type: "text-end", id }, finish] : [finish]
      }
      // Nobody asks for calls: toolkits are refused.
      case "tool-input-start":
      case "tool-input-delta":
      case "tool-call":
      case "trace":
      case "verdict":
        return []
    }
  }
}

const finishOf = (
  { finishReason, guard, timings, usage }: FinishPart,
  failures: ReadonlyArray<string>,
): Response.FinishPartEncoded => ({
  type: "finish",
  reason: finishReasons[finishReason],
  usage: {
    inputTokens: {
      total: usage.promptTokens,
      cacheRead: usage.cachedTokens,
      uncached: usage.promptTokens - usage.cachedTokens,
    },
    outputTokens: { total: usage.completionTokens, text: usage.completionTokens },
  },
  metadata: {
    facet: { timings: { ...timings }, ...(guard === undefined ? {} : { guard: toldOf(guard, failures) }) },
  },
})

/** What the guard did, as JSON; `failures` say why something was let through unjudged. */
const toldOf = ({ blocked, leakedCharacters, releasedCharacters }: GuardReport, failures: ReadonlyArray<string>) => ({
  releasedCharacters,
  leakedCharacters,
  failures: [...failures],
  ...(blocked === undefined
    ? {}
    : {
        blocked: {
          of: blocked.of,
          reason: blocked.reason,
          policies: (blocked.verdict?.policies ?? []).filter(({ flagged }) => flagged).map(({ policy }) => policy),
        },
      }),
})
