/** Runs effects for people who do not use Effect: promises, async iterables, `AbortSignal`. */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as ManagedRuntime from "effect/ManagedRuntime"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import { CacheSalt } from "../words/CacheSalt.ts"
import type { CallOptions } from "../words/CallOptions.ts"
import { Client } from "../words/Client.ts"
import { ClosedError, type FacetError } from "../words/Errors.ts"
import type { Opened } from "../words/Opened.ts"
import { traceContextOf } from "../words/Traceparent.ts"
import type { Runner } from "./PromiseGuard.ts"
import type { SourceFailure } from "./SourceFailure.ts"

export class PromiseRunner implements Runner {
  readonly #runtime: ManagedRuntime.ManagedRuntime<Opened, FacetError>
  readonly #closing = new AbortController()

  constructor(runtime: ManagedRuntime.ManagedRuntime<Opened, FacetError>) {
    this.#runtime = runtime
  }

  async run<A>(effect: Effect.Effect<A, FacetError, Opened>, call: CallOptions): Promise<A> {
    const { signal } = call
    this.#checkOpen(signal)
    const asked = Effect.provideContext(effect, contextOf(call))
    const exit = await this.#runtime.runPromiseExit(asked, { signal: this.#either(signal) })
    if (Exit.isSuccess(exit)) return exit.value
    this.#checkOpen(signal)
    throw Cause.squash(exit.cause)
  }

  /** @param makeParts called when the first part is asked for: what is wrong with a request is thrown then */
  async *iterate<A>(
    makeParts: () => Stream.Stream<A, FacetError | SourceFailure, Opened>,
    call: CallOptions,
  ): AsyncGenerator<A, void, void> {
    const { signal } = call
    this.#checkOpen(signal)
    const either = this.#either(signal)
    const asked = Stream.provideContext(makeParts(), contextOf(call))
    const parts = Stream.toAsyncIterableWith(asked, await this.#runtime.context())[Symbol.asyncIterator]()
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

  /** Ends calls that are under way with a `ClosedError`, and frees everything. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#runtime.dispose()
  }

  #either(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal])
  }

  #checkOpen(signal: AbortSignal | undefined): void {
    signal?.throwIfAborted()
    if (this.#closing.signal.aborted) throw new ClosedError()
  }
}

/** What the effects find of a call. */
function contextOf({ cacheSalt = "", client, traceparent }: CallOptions): Context.Context<never> {
  const asking = Context.make(CacheSalt, cacheSalt).pipe(Context.add(Client, client))
  const parent = traceContextOf(traceparent)
  return parent === undefined ? asking : Context.add(asking, Tracer.ParentSpan, Tracer.externalSpan(parent))
}
