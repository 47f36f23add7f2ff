/** Holds back what a model says until it was judged. */
import * as Effect from "effect/Effect"
import type { FacetError } from "./Errors.ts"
import type { EnginePart, FinishPart, GenerationPart, StartPart, TextPart, TracePart } from "./Generation.ts"
import type { Verdict } from "./Verdict.ts"

/**
 * When text is released.
 * - `window`: sentence by sentence, each judged together with all that came before it;
 * - `buffer`: all of it, once it is complete.
 */
export type OutputMode = "window" | "buffer"

/** A sentence without an end is judged after so many tokens. */
const longestWait = 48

const sentenceEnd = /[.!?…。！？\n]["'”’)\]]*(\s|$)/u

export class OutputGuard<R> {
  readonly #mode: OutputMode
  readonly #judge: (response: string) => Effect.Effect<Verdict, FacetError, R>
  readonly #startedAt: number
  #firstTextAt: number | undefined
  #start: StartPart | undefined
  #released = ""
  #waiting: Array<TextPart> = []
  #tokensOut: Array<number> = []
  #traces: Array<HeldTrace> = []
  readonly #traceLengths = new Map<string, number>()

  /**
   * @param judge judges the response so far.
   * @param startedAt when the request came, in the clock of `performance.now()`.
   */
  constructor(
    mode: OutputMode,
    judge: (response: string) => Effect.Effect<Verdict, FacetError, R>,
    startedAt = performance.now(),
  ) {
    this.#mode = mode
    this.#startedAt = startedAt
    this.#judge = judge
  }

  /** Takes a part of the model's, and gives what may go out. After a blocking finish nothing more is asked. */
  take(part: EnginePart): Effect.Effect<ReadonlyArray<GenerationPart>, FacetError, R> {
    switch (part.type) {
      case "start":
        this.#start = part
        return Effect.succeed([])
      case "text":
        this.#firstTextAt ??= performance.now()
        this.#waiting.push(part)
        return this.#isRipe() ? this.#settle(undefined) : Effect.succeed([])
      case "trace":
        this.#hold(part)
        return Effect.succeed(this.#releasableTraces())
      case "finish":
        return this.#settle(part)
    }
  }

  #isRipe(): boolean {
    if (this.#mode === "buffer") return false
    return this.#waitingTokens().length >= longestWait || sentenceEnd.test(this.#pending())
  }

  #pending(): string {
    return this.#waiting.map((part) => part.text).join("")
  }

  #waitingTokens(): ReadonlyArray<number> {
    return this.#waiting.flatMap((part) => part.tokens)
  }

  #settle(finish: FinishPart | undefined): Effect.Effect<ReadonlyArray<GenerationPart>, FacetError, R> {
    const pending = this.#pending()
    const rest = () => (finish === undefined ? [] : [this.#judged(finish)])
    if (pending === "") return Effect.succeed([...this.#releasableTraces(), ...rest()])
    return Effect.map(this.#judge(this.#released + pending), (verdict): ReadonlyArray<GenerationPart> => {
      const judged: GenerationPart = { type: "verdict", of: "output", verdict }
      if (verdict.flagged) return [judged, this.#blocked(finish)]
      const released = this.#waiting
      this.#tokensOut.push(...this.#waitingTokens())
      this.#waiting = []
      this.#released += pending
      return [judged, ...released, ...this.#releasableTraces(), ...rest()]
    })
  }

  /** Features tell as much as words: they wait until the words of their tokens are out. */
  #releasableTraces(): ReadonlyArray<TracePart> {
    const isReady = ({ end }: HeldTrace) => end <= this.#tokensOut.length
    const ready = this.#traces.filter(isReady)
    this.#traces = this.#traces.filter((held) => !isReady(held))
    return ready.map(({ part }) => part)
  }

  #hold(part: TracePart): void {
    const site = `${part.site}.${part.layer}`
    const end = (this.#traceLengths.get(site) ?? 0) + part.tokens.length
    this.#traceLengths.set(site, end)
    this.#traces.push({ part, end })
  }

  /** Tokens of a stop string, which nobody judged, are not told either. */
  #judged(finish: FinishPart): FinishPart {
    return { ...finish, tokens: { ...finish.tokens, completion: this.#tokensOut } }
  }

  /** The generation ends here. What was held back is dropped, and was not part of what was said. */
  #blocked(finish: FinishPart | undefined): FinishPart {
    const now = performance.now()
    const promptTokens = this.#start?.promptTokens ?? []
    return {
      type: "finish",
      finishReason: "blocked",
      usage: finish?.usage ?? {
        promptTokens: promptTokens.length,
        completionTokens: this.#tokensOut.length + this.#waitingTokens().length,
        cachedTokens: this.#start?.cachedTokens ?? 0,
      },
      timings: finish?.timings ?? {
        firstTokenMs: (this.#firstTextAt ?? now) - this.#startedAt,
        totalMs: now - this.#startedAt,
        tokensPerSecond: 0,
      },
      tokens: { prompt: promptTokens, completion: this.#tokensOut },
    }
  }
}

/** A trace that waits, and how many of the completion's tokens its site has been traced for by its end. */
interface HeldTrace {
  readonly part: TracePart
  readonly end: number
}
