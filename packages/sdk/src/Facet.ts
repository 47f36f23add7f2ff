/** The three effects for people who do not use Effect: promises, async iterables, `AbortSignal`. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Stream from "effect/Stream"
import type { EngineStats } from "./engine/Request.ts"
import type { Device } from "./Device.ts"
import { embed, type EmbedOptions } from "./Embed.ts"
import type { Embedding } from "./Embedding.ts"
import type { CallOptions } from "./CallOptions.ts"
import { ClosedError, type FacetError, invalidRequest } from "./Errors.ts"
import { generate, type GenerateOptions, stream } from "./Generate.ts"
import type { Generation, GenerationPart } from "./Generation.ts"
import { inspect, type InspectOptions, score } from "./Inspect.ts"
import { layerOpened, type OpenOptions } from "./Open.ts"
import { Opened } from "./Opened.ts"
import { type GuardOptions, readGuardOptions } from "./guard/GuardOptions.ts"
import { PromiseGuard } from "./guard/PromiseGuard.ts"
import type { SourceFailure } from "./guard/TextSource.ts"
import type { Prompt } from "./Prompt.ts"
import { checkKnown } from "./RequestError.ts"
import type { Score } from "./Score.ts"
import { type Content, shield, type ShieldOptions } from "./Shield.ts"
import type { Trace } from "./Trace.ts"
import type { Verdict } from "./Verdict.ts"

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
  #opened: Pick<Opened["Service"], "device" | "model"> | undefined

  private constructor(runtime: ManagedRuntime.ManagedRuntime<Opened, FacetError>) {
    this.#runtime = runtime
  }

  /** What was opened, as it was named: `"tiny"`, an id, a folder or a URL. */
  get model(): string {
    return this.#described.model
  }

  /**
   * What the model runs on, and why nothing better.
   *
   * @example
   * console.log(facet.device.name, facet.device.precision) // => cpu f32
   */
  get device(): Device {
    return this.#described.device
  }

  get #described(): Pick<Opened["Service"], "device" | "model"> {
    if (this.#opened === undefined) throw new ClosedError()
    return this.#opened
  }

  /** Opens the embedded model, or the one in `options`. Rejects when it is not there or cannot be used. */
  static async open(options: OpenOptions & CallOptions = {}): Promise<Facet> {
    const { call, rest } = split(options)
    const { signal } = call
    const facet = new Facet(ManagedRuntime.make(layerOpened(rest)))
    try {
      facet.#opened = await facet.#run(
        Effect.map(Opened, ({ device, model }) => ({ device, model })),
        call,
      )
      return facet
    } catch (error) {
      // Whoever gave up does not wait for a thread to end.
      const closed = facet.close()
      if (signal?.aborted !== true) await closed
      throw error
    }
  }

  /** The same for people who use Effect: provides `generate`, `shield`, `inspect`, `score` and `embed`. */
  static layer(options: OpenOptions = {}): Layer.Layer<Opened, FacetError> {
    return layerOpened(options)
  }

  /** What the model says, all at once. */
  async generate(prompt: Prompt, options: GenerateOptions & CallOptions = {}): Promise<Generation> {
    const { call, rest } = split(options)
    return this.#run(generate(prompt, rest), call)
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
    const { prompt, ...options } = isRequest ? { ...second, ...first } : { ...second, prompt: first }
    const { call, rest } = split(options)
    return this.#iterate(() => stream(prompt, rest), call)
  }

  /** Judges a content against policies. */
  async shield(content: Content, options: ShieldOptions & CallOptions = {}): Promise<Verdict> {
    const { call, rest } = split(options)
    return this.#run(shield(content, rest), call)
  }

  /**
   * Shields around any function that makes text: what goes in is judged before it is called, what comes out before it is
   * released.
   *
   * @throws InvalidRequestError that names the option
   * @example
   * const answer = facet.guard().text(async (prompt) => `You asked: ${prompt}`)
   * const { blocked, text } = await answer("How do I bake bread?")
   */
  guard(options: GuardOptions = {}): PromiseGuard {
    return new PromiseGuard(readGuardOptions(options), {
      run: (effect, call) => this.#run(effect, call),
      iterate: (stream, call) => this.#iterate(() => stream, call),
    })
  }

  /** Traces a text, or a finished generation. */
  async inspect(text: string | Generation, options: InspectOptions & CallOptions = {}): Promise<Trace> {
    const { call, rest } = split(options)
    return this.#run(inspect(text, rest), call)
  }

  /** The log-probability of each token of a text. */
  async score(text: string, options: CallOptions = {}): Promise<Score> {
    const { call, rest } = split(options)
    checkKnown(rest, [])
    return this.#run(score(text), call)
  }

  /**
   * A text, taken raw, as one vector: the mean of `resid_post` at one layer over its tokens, which is a mean-pooled
   * residual stream and not the output of a trained embedding model. An empty text gives zeros.
   *
   * @example
   * const { embedding, layer, tokens } = await facet.embed("The dog sleeps.")
   * console.log(layer, embedding.length) // => 4 192
   */
  async embed(text: string, options: EmbedOptions & CallOptions = {}): Promise<Embedding> {
    const { call, rest } = split(options)
    return this.#run(embed(text, rest), call)
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
    makeParts: () => Stream.Stream<A, FacetError | SourceFailure, Opened>,
    { signal }: CallOptions,
  ): AsyncGenerator<A, void, void> {
    this.#checkOpen(signal)
    const either = this.#either(signal)
    const parts = Stream.toAsyncIterableWith(makeParts(), await this.#runtime.context())[Symbol.asyncIterator]()
    // The work ends when the signal says so, also while nobody asks for the next part.
    const end = () => void parts.return?.().catch(() => {})
    either.addEventListener("abort", end, { once: true })
    try {
      this.#checkOpen(signal)
      for (;;) {
        const next = await parts.next()
        this.#checkOpen(signal)
        if (next.done === true) return
        yield next.value
        this.#checkOpen(signal)
      }
    } catch (error) {
      this.#checkOpen(signal)
      throw error
    } finally {
      either.removeEventListener("abort", end)
      await parts.return?.()
    }
  }

  #either(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal])
  }

  #checkOpen(signal: AbortSignal | undefined): void {
    signal?.throwIfAborted()
    if (this.#closing.signal.aborted) throw new ClosedError()
  }
}

/** Takes a call's own options from those of the effect. */
function split<Options extends CallOptions>(
  options: Options,
): { readonly call: CallOptions; readonly rest: Omit<Options, "signal"> } {
  if (typeof options !== "object" || options === null) {
    throw invalidRequest(
      "options",
      `${options === null ? "null" : typeof options} where an object is expected`,
      "Pass an object, or leave it out.",
    )
  }
  const { signal, ...rest } = options
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalidRequest(
      "signal",
      `${signal === null ? "null" : typeof signal} where an AbortSignal is expected`,
      "Pass the signal of an AbortController.",
    )
  }
  return { call: { signal }, rest }
}
