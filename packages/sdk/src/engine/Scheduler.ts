/**
 * Who may run when. The model runs one step at a time: one prefill chunk or one token. Requests take turns, step by
 * step and first come, first served, so that a long prompt never stands before a short one for longer than a chunk.
 * Places among those under way are shared out among clients: see {@link FairLock}.
 */
import * as Effect from "effect/Effect"
import { asFacetError, type FacetError, OverloadedError } from "../words/Errors.ts"
import type { QueueWaits } from "../words/Request.ts"
import { type Claim, FairLock, type Permit } from "./FairLock.ts"
import { Waits } from "./Waits.ts"

export interface SchedulerOptions {
  /** The most requests that may run or wait; one more fails with {@link OverloadedError}. */
  readonly queue: number
  /** The most requests that may be under way at once, each with a KV cache of its own. */
  readonly active: number
}

/** What is known of a request that asks for a place. */
export interface Asked {
  readonly client?: string | undefined
  readonly isNested?: boolean | undefined
}

export class Scheduler {
  readonly #options: SchedulerOptions
  readonly #turns = new FairLock(1)
  readonly #slots: FairLock
  readonly #waits = new Waits()
  #admitted = 0
  #waiting = 0
  /** Called when the last request has left. */
  onIdle: () => void = () => {}

  constructor(options: SchedulerOptions) {
    this.#options = options
    this.#slots = new FairLock(options.active)
  }

  /** Requests that run or wait. */
  get admitted(): number {
    return this.#admitted
  }

  /** Those of them that have no place yet. */
  get waiting(): number {
    return this.#waiting
  }

  /** How long all so far have waited for theirs. */
  get waits(): QueueWaits {
    return this.#waits.told
  }

  get isIdle(): boolean {
    return this.#admitted === 0
  }

  /**
   * Runs a whole request when there is room for it.
   *
   * @param request is given the permit of its place among those under way, to lend it to others while it waits for
   * something outside.
   * @param asked whose request it is, and whether it belongs to one that was admitted already, and so needs no room in the
   * queue.
   */
  admit<A, E, R>(
    request: (place: Permit) => Effect.Effect<A, E, R>,
    { client, isNested = false }: Asked = {},
  ): Effect.Effect<A, E | OverloadedError, R> {
    const enter = Effect.suspend(() => {
      if (!isNested && this.#admitted >= this.#options.queue) {
        return Effect.fail(new OverloadedError({ limit: this.#options.queue }))
      }
      this.#admitted++
      return Effect.void
    })
    const leave = Effect.sync(() => {
      this.#admitted--
      if (this.isIdle) this.onIdle()
    })
    return Effect.acquireUseRelease(
      enter,
      () => this.#placed(request, { owner: client, isUrgent: isNested }),
      () => leave,
    )
  }

  /** Counts who waits for a place, and for how long. */
  #placed<A, E, R>(request: (place: Permit) => Effect.Effect<A, E, R>, claim: Claim): Effect.Effect<A, E, R> {
    return Effect.suspend(() => {
      const askedAt = performance.now()
      let waits = true
      const end = () => {
        if (waits) this.#waiting--
        waits = false
      }
      this.#waiting++
      const run = (place: Permit) =>
        Effect.suspend(() => {
          end()
          this.#waits.add((performance.now() - askedAt) / 1000)
          return request(place)
        })
      // Whoever gives up while he waits does not wait any more, either.
      return Effect.ensuring(this.#slots.withPermit(run, claim), Effect.sync(end))
    })
  }

  /** Runs one step of a request when its turn comes. A step that has begun is not interrupted. */
  step<A>(operation: string, run: () => Promise<A>): Effect.Effect<A, FacetError> {
    const attempt = Effect.tryPromise({ try: run, catch: (cause) => asFacetError(operation, cause) })
    return this.#turns.withPermit(() => Effect.uninterruptible(attempt))
  }
}
