/**
 * A lock with several permits. One that comes free goes to the owner who holds fewest, and among equals to whoever asked
 * first: who asks often waits for himself.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"

/** Who asks for a permit. */
export interface Claim {
  /** Claims without one count as one owner's. */
  readonly owner?: string | undefined
  /** Whether it may have the permit that its owner has to leave to others. */
  readonly isUrgent?: boolean | undefined
}

interface Waiter extends Claim {
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
  readonly #mostForOwner: number
  readonly #waiting = new Set<Waiter>()
  /** How many permits each owner holds, of those who hold any. */
  readonly #held = new Map<string | undefined, number>()

  /** An owner who is known leaves the last of several permits to others. */
  constructor(permits: number) {
    this.#free = permits
    this.#mostForOwner = Math.max(1, permits - 1)
  }

  /** Runs an effect while holding a permit. Waiting can be interrupted. */
  withPermit<A, E, R>(use: (permit: Permit) => Effect.Effect<A, E, R>, claim: Claim = {}): Effect.Effect<A, E, R> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(this.#take(claim, restore), () => {
        const held = { yes: true }
        const release = Effect.suspend(() => (held.yes ? this.#release(claim) : Effect.void))
        return Effect.ensuring(restore(use(this.#lease(claim, held))), release)
      }),
    )
  }

  #lease(claim: Claim, held: { yes: boolean }): Permit {
    return {
      without: (wait) =>
        Effect.uninterruptibleMask((restore) =>
          Effect.gen({ self: this }, function* () {
            held.yes = false
            yield* this.#release(claim)
            const result = yield* restore(wait)
            yield* this.#take(claim, restore)
            held.yes = true
            return result
          }),
        ),
    }
  }

  #take(claim: Claim, restore: Restore): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.#free > 0 && this.#mayHold(claim)) {
        this.#grant(claim)
        return Effect.void
      }
      let waiter: Waiter | undefined
      const granted = Effect.callback<void>((resume) => {
        waiter = { ...claim, granted: false, resume: () => resume(Effect.void) }
        this.#waiting.add(waiter)
      })
      return Effect.onExit(restore(granted), (exit) => {
        if (Exit.isSuccess(exit) || waiter === undefined) return Effect.void
        // Interrupted: a permit that had just been handed over goes to the next.
        this.#waiting.delete(waiter)
        return waiter.granted ? this.#release(claim) : Effect.void
      })
    })
  }

  #mayHold({ isUrgent = false, owner }: Claim): boolean {
    return isUrgent || owner === undefined || this.#heldBy(owner) < this.#mostForOwner
  }

  #heldBy(owner: string | undefined): number {
    return this.#held.get(owner) ?? 0
  }

  #grant({ owner }: Claim): void {
    this.#free--
    this.#held.set(owner, this.#heldBy(owner) + 1)
  }

  #release({ owner }: Claim): Effect.Effect<void> {
    return Effect.sync(() => {
      this.#free++
      const left = this.#heldBy(owner) - 1
      if (left > 0) this.#held.set(owner, left)
      else this.#held.delete(owner)
      for (let next = this.#next(); next !== undefined; next = this.#next()) {
        this.#waiting.delete(next)
        next.granted = true
        this.#grant(next)
        next.resume()
      }
    })
  }

  /** Of those who may have a permit, the first whose owner holds fewest. */
  #next(): Waiter | undefined {
    if (this.#free === 0) return undefined
    let next: Waiter | undefined
    for (const waiter of this.#waiting) {
      if (!this.#mayHold(waiter)) continue
      if (next === undefined || this.#heldBy(waiter.owner) < this.#heldBy(next.owner)) next = waiter
    }
    return next
  }
}
