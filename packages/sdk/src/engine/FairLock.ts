/** A lock with several permits that is handed over in the order in which it was asked for. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"

interface Waiter {
  granted: boolean
  readonly resume: () => void
}

type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

export class FairLock {
  #free: number
  readonly #waiting = new Set<Waiter>()

  constructor(permits: number) {
    this.#free = permits
  }

  /** Runs an effect while holding a permit. Waiting can be interrupted. */
  withPermit<A, E, R>(use: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(this.#take(restore), () => Effect.ensuring(restore(use), this.#release)),
    )
  }

  /** Runs an effect inside `withPermit` while the permit is lent to others. */
  withoutPermit<A, E, R>(wait: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(this.#release, () =>
        // Taken back even when interrupted: the holder's own release must find it.
        Effect.ensuring(
          restore(wait),
          this.#take((effect) => effect),
        ),
      ),
    )
  }

  #take(restore: Restore): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.#free > 0) {
        this.#free--
        return Effect.void
      }
      let waiter: Waiter | undefined
      const granted = Effect.callback<void>((resume) => {
        waiter = { granted: false, resume: () => resume(Effect.void) }
        this.#waiting.add(waiter)
      })
      return Effect.onExit(restore(granted), (exit) => {
        if (Exit.isSuccess(exit) || waiter === undefined) return Effect.void
        // Interrupted: a permit that had just been handed over goes to the next.
        this.#waiting.delete(waiter)
        return waiter.granted ? this.#release : Effect.void
      })
    })
  }

  readonly #release: Effect.Effect<void> = Effect.sync(() => {
    for (const waiter of this.#waiting) {
      this.#waiting.delete(waiter)
      waiter.granted = true
      return waiter.resume()
    }
    this.#free++
  })
}
