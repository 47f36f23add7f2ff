/** Our own generation behind a guard: its parts as frames, and what came out as its parts again. */
import * as Effect from "effect/Effect"
import { asFacetError, type FacetError } from "../words/Errors.ts"
import type { FinishPart, GenerationPart, StartPart } from "../words/Generation.ts"
import type { Frame, FrameText, RedactedText } from "../guard/Frame.ts"
import type { GuardPart, GuardReport } from "../words/GuardReport.ts"
import type { CallingPart } from "./tools/ToolUse.ts"

type SaidPart = Exclude<CallingPart, { readonly type: "start" | "trace" | "finish" }>

const textOf = (part: CallingPart): ReadonlyArray<FrameText> => (part.type === "text" ? [{ text: part.text }] : [])

const tokensOf = (part: SaidPart): ReadonlyArray<number> => ("tokens" in part ? (part.tokens ?? []) : [])

/** What probes read was for the guard alone. */
function spoken<Part extends GenerationPart>(part: Part): Part {
  if (!("probed" in part)) return part
  const { probed: _probed, ...rest } = part
  // Without a field that is none of its type.
  return rest as unknown as Part
}

/** A part without what is cut out of it; its tokens spell that, and are not told. Undefined for what cannot be said otherwise. */
function redacted(part: SaidPart, texts: ReadonlyArray<RedactedText>): CallingPart | undefined {
  if (texts.every(({ cuts }) => cuts.length === 0)) return part
  const [said, ...others] = texts
  if (part.type !== "text" || said?.text !== part.text || others.length > 0) return undefined
  return { type: "text", text: said.redacted }
}

/** Follows one generation through a guard. The finish waits for the report, and tells what went out. */
export class GuardedGeneration {
  readonly #startedAt: number
  readonly #openText: string
  readonly #textsOf: (part: CallingPart) => ReadonlyArray<FrameText>
  readonly #hasForm: boolean
  #isOpenTextOut = false
  readonly #tokensOut: Array<number> = []
  #start: StartPart | undefined
  #firstTextAt: number | undefined
  #tokensIn = 0
  #finish: FinishPart | undefined

  /**
   * @param startedAt when the request came, in the clock of `performance.now()`.
   * @param openText what the answer goes on with: judged as its beginning, as a sentence may end in the answer.
   * @param textsOf what parts say, where tools may be called in them.
   * @param hasForm whether the answer was asked to have a form, such as JSON of a schema: with something cut out of it, it has none.
   */
  constructor(
    startedAt: number,
    openText = "",
    textsOf: (part: CallingPart) => ReadonlyArray<FrameText> = textOf,
    hasForm = false,
  ) {
    this.#startedAt = startedAt
    this.#openText = openText
    this.#textsOf = textsOf
    this.#hasForm = hasForm
  }

  /** Features of a part's tokens come behind it, and so go out behind it. */
  frame(part: CallingPart): Frame<CallingPart> {
    if (part.type === "start") {
      this.#start = part
      // It is told to nobody, whatever is cut out of it.
      return { value: part, texts: this.#openText === "" ? [] : [{ text: this.#openText }], redacted: () => part }
    }
    if (part.type === "trace" || part.type === "finish") return { value: part }
    this.#firstTextAt ??= performance.now()
    this.#tokensIn += tokensOf(part).length
    const frame = { value: part, texts: this.#textsOf(part) }
    return this.#hasForm ? frame : { ...frame, redacted: (texts) => redacted(part, texts) }
  }

  /** A guard that cannot judge ends our own generation with its error. */
  parts(part: GuardPart<CallingPart>): Effect.Effect<ReadonlyArray<GenerationPart>, FacetError> {
    if (part.type === "blocked" && part.blocked.reason === "failed") {
      return Effect.fail(asFacetError("Judging", part.blocked.error))
    }
    return Effect.succeed(this.#partsOf(part))
  }

  #partsOf(part: GuardPart<CallingPart>): ReadonlyArray<GenerationPart> {
    switch (part.type) {
      case "value":
        return this.#released(part.value)
      case "verdict":
        return [{ type: "verdict", of: part.of, verdict: part.verdict }]
      case "failure":
        return [{ type: "failure", of: part.of, error: part.error }]
      case "blocked":
        return []
      case "report":
        return [this.#finished(part.report)]
    }
  }

  #released(part: CallingPart): ReadonlyArray<GenerationPart> {
    if (part.type === "start") {
      this.#isOpenTextOut = true
      return []
    }
    if (part.type === "finish") {
      this.#finish = spoken(part)
      return []
    }
    if (part.type !== "trace") this.#tokensOut.push(...tokensOf(part))
    return [spoken(part)]
  }

  /** Tokens of a stop string, which nobody judged, are not told; nor is what was held back. */
  #finished(guard: GuardReport): FinishPart {
    const finish = guard.blocked === undefined && this.#finish !== undefined ? this.#finish : this.#blocked()
    const { tokens } = finish
    return {
      ...finish,
      ...(tokens !== undefined && { tokens: { ...tokens, completion: this.#tokensOut } }),
      guard: this.#ofAnswer(guard),
    }
  }

  /** Characters that the client sent are none of the answer's. */
  #ofAnswer(guard: GuardReport): GuardReport {
    const isIn = this.#start !== undefined
    const { length } = this.#openText
    if (!isIn || length === 0) return guard
    const { heldCharacters, releasedCharacters } = guard
    return this.#isOpenTextOut
      ? { ...guard, releasedCharacters: releasedCharacters - length }
      : { ...guard, heldCharacters: heldCharacters - length }
  }

  #blocked(): FinishPart {
    const now = performance.now()
    const { promptTokens, usage = { promptTokens: 0, cachedTokens: 0 } } = this.#start ?? {}
    return {
      type: "finish",
      finishReason: "blocked",
      usage: { ...usage, completionTokens: this.#tokensIn },
      timings: {
        firstTokenMs: this.#firstTextAt === undefined ? 0 : this.#firstTextAt - this.#startedAt,
        totalMs: now - this.#startedAt,
        tokensPerSecond: 0,
      },
      // An engine that never came to start has told none, and there are none.
      ...((promptTokens !== undefined || this.#start === undefined) && {
        tokens: { prompt: promptTokens ?? [], completion: [] },
      }),
    }
  }
}
