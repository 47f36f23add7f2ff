/** A generation's parts as those of Effect's responses. */
import type * as Response from "effect/ai/Response"
import type { FinishPart, FinishReason, GenerationPart } from "../../words/Generation.ts"
import type { GuardReport } from "../../words/GuardReport.ts"
import type { JsonRecord } from "../../words/Json.ts"

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
  readonly #paramsOf: (name: string, input: JsonRecord) => unknown

  /** @param paramsOf what a tool's toolkit reads of its arguments. */
  constructor(paramsOf: (name: string, input: JsonRecord) => unknown) {
    this.#paramsOf = paramsOf
  }

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
      case "finish":
        return [...this.#endText(), finishOf(part, this.#failures)]
      case "tool-input-start":
        return [...this.#endText(), { type: "tool-params-start", id: part.id, name: part.name }]
      case "tool-input-delta":
        return [{ type: "tool-params-delta", id: part.id, delta: part.delta }]
      case "tool-call": {
        const { id, input, name } = part
        return [
          { type: "tool-params-end", id },
          { type: "tool-call", id, name, params: this.#paramsOf(name, input) },
        ]
      }
      case "trace":
      case "verdict":
        return []
    }
  }

  #endText(): ReadonlyArray<Response.StreamPartEncoded> {
    if (!this.#isOpen) return []
    this.#isOpen = false
    return [{ type: "text-end", id }]
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
