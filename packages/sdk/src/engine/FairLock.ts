/** A lock with several permits that is handed over in the order in which it was asked for. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"

interface Waiter {
  granted: boolean
  readonly resume: () => void
}

type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** A permit in somebody's hands, which can be lent to others meanwhile. */
export interface Permit {
  /** Runs an effect without the permit, and takes it back afterwards unless the effect was interrupted. */
  readonly without: <A, E, R>(wait: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

export class FairLock {
  #free: number
  readonly #waiting = new Set<Waiter>()

  constructor(permits: number) {
    this.#free = permits
  }

  /** Runs an effect while holding a permit. Waiting can be interrupted. */
  withPermit<A, E, R>(use: (permit: Permit) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(this.#take(restore), () => {
        const held = { yes: true }
        const release = Effect.suspend(() => (held.yes ? this.#release : Effect.void))
        return Effect.ensuring(restore(use(this.#lease(held))), release)
      }),
    )
  }

  #lease(held: { yes: boolean }): Permit {
    return {
      without: (wait) =>
        Effect.uninterruptibleMask((restore) =>
          Effect.gen({ self: this }, function* () {
            held.yes = false
            yield* this.#release
            const result = yield* restore(wait)
            yield* this.#take(restore)
            held.yes = true
            return result
          }),
        ),
    }
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
