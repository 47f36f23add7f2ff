/** The guard for people who do not use Effect. */
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import { type FacetError, invalidRequest } from "../words/Errors.ts"
import type { CallOptions } from "../words/CallOptions.ts"
import type { Opened } from "../words/Opened.ts"
import type { Verdict } from "../words/Verdict.ts"
import type { Frame } from "./Frame.ts"
import type { FramesRequest, Guard, GuardedText, guardedText } from "./Guard.ts"
import type { GuardPlan } from "../words/GuardOptions.ts"
import type { GuardPart } from "../words/GuardReport.ts"
import { loadCode } from "../words/loadCode.ts"
import { checkReadings } from "./checkReadings.ts"
import { type Source, SourceFailure } from "./SourceFailure.ts"
import type { fromSource } from "./fromSource.ts"

/** What a wrapped function is handed: a signal that fires on a trip, and when whoever asked gives up. */
export interface SourceContext {
  readonly signal: AbortSignal
}

interface Loaded {
  readonly fromSource: typeof fromSource
  readonly guardedText: typeof guardedText
  readonly guard: Guard
}

/** How a {@link PromiseGuard} runs what it is made of. */
export interface Runner {
  readonly run: <A>(effect: Effect.Effect<A, FacetError, Opened>, call: CallOptions) => Promise<A>
  readonly iterate: <A>(
    makeParts: () => Stream.Stream<A, FacetError | SourceFailure, Opened>,
    call: CallOptions,
  ) => AsyncGenerator<A, void, void>
}

/**
 * Shields around functions that make text. Made by `facet.guard(options)`.
 *
 * @example
 * const safe = facet.guard({ mode: "window" })
 * const answer = safe.text(async (prompt) => `You asked: ${prompt}`)
 * const { blocked, text } = await answer("How do I bake bread?")
 */
export class PromiseGuard {
  readonly #plan: GuardPlan
  readonly #runner: Runner
  /** One for all calls: so many judgements it asks for at once. */
  #guard: Guard | undefined

  constructor(plan: GuardPlan, runner: Runner) {
    this.#plan = plan
    this.#runner = runner
  }

  /** Judges what a user wrote, normalised; where a judge redacts, the verdict says in `redacted` what is left. */
  async input(text: string, call: CallOptions = {}): Promise<Verdict> {
    const { guard } = await this.#load()
    return this.#runner.run(guard.input(text), call)
  }

  /** Wraps a function that makes a text. A text that is blocked is empty, and no error. */
  text(
    make: (prompt: string, context: SourceContext) => string | Promise<string>,
  ): (prompt: string, call?: CallOptions) => Promise<GuardedText> {
    const tell = this.stream(async function* (prompt, context) {
      const text = await make(prompt, context)
      if (typeof text === "string") return yield text
      throw invalidRequest("make", `the function gave ${typeof text}, not a text`, "Return a string.")
    })
    return async (prompt, call) => {
      const parts: Array<GuardPart<string>> = []
      for await (const part of tell(prompt, call)) parts.push(part)
      return (await this.#load()).guardedText(parts)
    }
  }

  /** Wraps a function that makes a stream of text. */
  stream(
    make: (prompt: string, context: SourceContext) => Source<string> | Promise<Source<string>>,
  ): (prompt: string, call?: CallOptions) => AsyncGenerator<GuardPart<string>, void, void> {
    const tell = (context: SourceContext, prompt: string) => make(prompt, context)
    return (prompt, call = {}) =>
      this.#iterate(
        ({ fromSource, guard }) => guard.stream((asked) => fromSource((context) => tell(context, asked)))(prompt),
        call,
      )
  }

  /**
   * Guards a stream of any format: frames go out as they came, once their texts were judged. Rejects as the source does,
   * after what came before was judged and released. Leaving the loop stops the source.
   */
  frames<A>(
    request: FramesRequest<(context: SourceContext) => Source<Frame<A>> | Promise<Source<Frame<A>>>> & CallOptions,
  ): AsyncGenerator<GuardPart<A>, void, void> {
    const { cacheSalt, client, signal, source, ...rest } = request
    if (typeof rest.input !== "string") checkReadings(rest.input ?? [])
    return this.#iterate(({ fromSource, guard }) => guard.frames({ ...rest, source: fromSource(source) }), {
      cacheSalt,
      client,
      signal,
    })
  }

  /** A page that guards nothing loads none of it. */
  async #load(): Promise<Loaded> {
    const { makeGuard, ...code } = await loadCode(() => import("./GuardingCode.ts"))
    return { ...code, guard: (this.#guard ??= makeGuard(this.#plan)) }
  }

  async *#iterate<A>(
    partsOf: (code: Loaded) => Stream.Stream<A, FacetError | SourceFailure, Opened>,
    call: CallOptions,
  ): AsyncGenerator<A, void, void> {
    const code = await this.#load()
    try {
      yield* this.#runner.iterate(() => partsOf(code), call)
    } catch (error) {
      throw error instanceof SourceFailure ? error.cause : error
    }
  }
}
