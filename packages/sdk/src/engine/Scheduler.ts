/**
 * Who may run when. The model runs one step at a time: one prefill chunk or one token. Requests take turns, step by
 * step and first come, first served, so that a long prompt never stands before a short one for longer than a chunk.
 */
import * as Effect from "effect/Effect"
import { asRuntimeError, OverloadedError, type RuntimeError } from "../Errors.ts"
import { FairLock } from "./FairLock.ts"

export interface SchedulerOptions {
  /** The most requests that may run or wait; one more fails with {@link OverloadedError}. */
  readonly queue: number
  /** The most requests that may be under way at once, each with a KV cache of its own. */
  readonly active: number
}

export class Scheduler {
  readonly #options: SchedulerOptions
  readonly #turns = new FairLock(1)
  readonly #slots: FairLock
  #admitted = 0

  constructor(options: SchedulerOptions) {
    this.#options = options
    this.#slots = new FairLock(options.active)
  }

  /** Requests that run or wait. */
  get admitted(): number {
    return this.#admitted
  }

  /** Runs a whole request when there is room for it. */
  admit<A, E, R>(request: Effect.Effect<A, E, R>): Effect.Effect<A, E | OverloadedError, R> {
    const enter = Effect.suspend(() => {
      if (this.#admitted >= this.#options.queue) {
        return Effect.fail(new OverloadedError({ limit: this.#options.queue }))
      }
      this.#admitted++
      return Effect.void
    })
    const leave = Effect.sync(() => void this.#admitted--)
    return Effect.acquireUseRelease(
      enter,
      () => this.#slots.withPermit(request),
      () => leave,
    )
  }

  /** Waits inside a request for something outside (a slow reader) while others use its place. */
  whileIdle<A, E, R>(wait: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return this.#slots.withoutPermit(wait)
  }

  /** Runs one step of a request when its turn comes. A step that has begun is not interrupted. */
  step<A>(operation: string, run: () => Promise<A>): Effect.Effect<A, RuntimeError> {
    const attempt = Effect.tryPromise({ try: run, catch: (cause) => asRuntimeError(operation, cause) })
    return this.#turns.withPermit(Effect.uninterruptible(attempt))
  }
}
