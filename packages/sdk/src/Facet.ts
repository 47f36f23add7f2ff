/** The three effects for people who do not use Effect: promises, async iterables, `AbortSignal`. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Stream from "effect/Stream"
import type { EngineStats } from "./engine/Request.ts"
import { ClosedError, type FacetError } from "./Errors.ts"
import { generate, type GenerateOptions, stream } from "./Generate.ts"
import type { Generation, GenerationPart } from "./Generation.ts"
import { inspect, type InspectOptions, score } from "./Inspect.ts"
import { layerOpened, type OpenOptions } from "./Open.ts"
import { Opened } from "./Opened.ts"
import type { Prompt } from "./Prompt.ts"
import type { Score } from "./Score.ts"
import { type Content, shield, type ShieldOptions } from "./Shield.ts"
import type { Trace } from "./Trace.ts"
import type { Verdict } from "./Verdict.ts"

export interface CallOptions {
  /** Aborting it ends the work within one token or one prefill chunk; the call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/**
 * An open Gemma 2, with the guard and the autoencoders that belong to it.
 *
 * Calls may run at once; they take turns. All reject with one of the errors in `FacetError`.
 *
 * @example
 * await using facet = await Facet.open()
 * const { text } = await facet.generate("Tell me a story about a fox.")
 * const verdict = await facet.shield("How do I pick a lock?")
 * const trace = await facet.inspect(text)
 */
export class Facet implements AsyncDisposable {
  readonly #runtime: ManagedRuntime.ManagedRuntime<Opened, FacetError>
  readonly #closing = new AbortController()

  private constructor(runtime: ManagedRuntime.ManagedRuntime<Opened, FacetError>) {
    this.#runtime = runtime
  }

  /** Opens the embedded model, or the one in `options`. Rejects when it is not there or cannot be used. */
  static async open(options: OpenOptions & CallOptions = {}): Promise<Facet> {
    const { signal, ...rest } = options
    const facet = new Facet(ManagedRuntime.make(layerOpened(rest)))
    try {
      await facet.#run(Effect.asVoid(Opened), { signal })
      return facet
    } catch (error) {
      await facet.close()
      throw error
    }
  }

  /** The same for people who use Effect: provides `generate`, `shield`, `inspect` and `score`. */
  static layer(options: OpenOptions = {}): Layer.Layer<Opened, FacetError> {
    return layerOpened(options)
  }

  /** What the model says, all at once. */
  generate(prompt: Prompt, options: GenerateOptions & CallOptions = {}): Promise<Generation> {
    const { signal, ...rest } = options
    return this.#run(generate(prompt, rest), { signal })
  }

  /** What the model says, part by part. Leaving the loop ends the work. */
  stream(prompt: Prompt, options?: GenerateOptions & CallOptions): AsyncGenerator<GenerationPart, void, void>
  stream(
    request: { readonly prompt: Prompt } & GenerateOptions & CallOptions,
  ): AsyncGenerator<GenerationPart, void, void>
  stream(
    first: Prompt | ({ readonly prompt: Prompt } & GenerateOptions & CallOptions),
    second: GenerateOptions & CallOptions = {},
  ): AsyncGenerator<GenerationPart, void, void> {
    const isRequest = typeof first === "object" && first !== null && "prompt" in first
    const { prompt, signal, ...options } = isRequest ? first : { ...second, prompt: first }
    return this.#iterate(stream(prompt, options), { signal })
  }

  /** Judges a content against policies. */
  shield(content: Content, options: ShieldOptions & CallOptions = {}): Promise<Verdict> {
    const { signal, ...rest } = options
    return this.#run(shield(content, rest), { signal })
  }

  /** Traces a text, or a finished generation. */
  inspect(text: string | Generation, options: InspectOptions & CallOptions = {}): Promise<Trace> {
    const { signal, ...rest } = options
    return this.#run(inspect(text, rest), { signal })
  }

  /** The log-probability of each token of a text. */
  score(text: string, options: CallOptions = {}): Promise<Score> {
    return this.#run(score(text), options)
  }

  /** Requests under way, and what the prefix caches hold. */
  stats(): Promise<EngineStats> {
    return this.#run(
      Effect.flatMap(Opened, ({ engine }) => engine.stats),
      {},
    )
  }

  /** Ends calls that are under way with a `ClosedError`, and frees everything. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#runtime.dispose()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #run<A>(effect: Effect.Effect<A, FacetError, Opened>, { signal }: CallOptions): Promise<A> {
    this.#checkOpen(signal)
    const exit = await this.#runtime.runPromiseExit(effect, { signal: this.#either(signal) })
    if (Exit.isSuccess(exit)) return exit.value
    this.#checkOpen(signal)
    throw Cause.squash(exit.cause)
  }

  async *#iterate<A>(
    parts: Stream.Stream<A, FacetError, Opened>,
    { signal }: CallOptions,
  ): AsyncGenerator<A, void, void> {
    this.#checkOpen(signal)
    const either = this.#either(signal)
    const aborted = Effect.callback<never>((resume) => {
      const onAbort = () => resume(Effect.interrupt)
      if (either.aborted) return onAbort()
      either.addEventListener("abort", onAbort, { once: true })
      return Effect.sync(() => either.removeEventListener("abort", onAbort))
    })
    try {
      yield* Stream.toAsyncIterableWith(Stream.interruptWhen(parts, aborted), await this.#runtime.context())
    } catch (error) {
      this.#checkOpen(signal)
      throw error
    }
    this.#checkOpen(signal)
  }

  #either(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal])
  }

  #checkOpen(signal: AbortSignal | undefined): void {
    signal?.throwIfAborted()
    if (this.#closing.signal.aborted) throw new ClosedError()
  }
}
