/**
 * Sequences that are written at once get their tokens in one run: what multiplies all rows reads the weights once.
 *
 * A run of two rows costs little more than one of one, and rows that run in company are the same bits in any: so that a text
 * is the same however many others are written beside it, a token that finds no company is run with a copy of itself.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { asFacetError, type FacetError } from "../words/Errors.ts"
import { waitForOthers } from "../words/runInSlices.ts"
import type { Forward, Lane } from "./Forward.ts"
import type { OpenModel } from "./OpenModel.ts"
import type { Scheduler } from "./Scheduler.ts"

const operation = "Running a token"

/** So often a run lets others come who are choosing their next token, too. */
const mostWaits = 8

interface Waiting extends Lane {
  /** Once a run has taken it. */
  run: Promise<Forward> | undefined
  readonly onTaken: () => void
}

export class Lanes {
  readonly #model: OpenModel
  readonly #scheduler: Scheduler
  readonly #waiting = new Set<Waiting>()
  /** How many texts are being written. */
  #members = 0

  constructor(model: OpenModel, scheduler: Scheduler) {
    this.#model = model
    this.#scheduler = scheduler
  }

  /** Counts a text for as long as it is written. */
  member<A, E, R>(writing: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.acquireUseRelease(
      Effect.sync(() => void this.#members++),
      () => writing,
      () => Effect.sync(() => void this.#members--),
    )
  }

  /** Runs a token of a sequence when its turn comes, with the others that wait. */
  step(lane: Lane): Effect.Effect<Forward, FacetError> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.suspend(() => {
        let onTaken = () => {}
        const taken = new Promise<void>((resolve) => void (onTaken = resolve))
        const waiting: Waiting = { ...lane, run: undefined, onTaken }
        this.#waiting.add(waiting)
        const turn = this.#scheduler.step(operation, () => this.#runWith(waiting))
        return Effect.flatMap(
          Effect.exit(
            restore(
              Effect.raceFirst(
                turn,
                Effect.promise(() => taken),
              ),
            ),
          ),
          (exit) => this.#result(waiting, exit),
        )
      }),
    )
  }

  /** A run that has begun writes into the sequence, which is not given back before: not even by who was interrupted. */
  #result(waiting: Waiting, turn: Exit.Exit<void, FacetError>): Effect.Effect<Forward, FacetError> {
    this.#waiting.delete(waiting)
    const run = Effect.tryPromise({
      try: () => waiting.run ?? Promise.reject(new Error("a token's turn went by without a run")),
      catch: (cause) => asFacetError(operation, cause),
    })
    if (Exit.isSuccess(turn)) return run
    const failed = Effect.failCause(turn.cause)
    return waiting.run === undefined ? failed : Effect.andThen(Effect.exit(run), failed)
  }

  async #runWith(first: Waiting): Promise<void> {
    // The run that took it meanwhile is over: one has its turn at a time.
    if (first.run !== undefined) return
    const expected = Math.min(this.#members, this.#model.lanes)
    for (let waits = 0; waits < mostWaits && this.#waiting.size < expected; waits++) await waitForOthers()
    const company = [...this.#waiting].filter((other) => other !== first && isAlike(other, first))
    const lanes = [first, ...company].slice(0, this.#model.lanes)
    const run = this.#model.forwardLanes(lanes)
    for (const [i, lane] of lanes.entries()) {
      this.#waiting.delete(lane)
      lane.run = run.then((forwards) => forwardAt(forwards, i))
      // Each tells whoever asked; one who was interrupted asks no more.
      lane.run.catch(() => {})
      lane.onTaken()
    }
    await run.catch(() => {})
  }
}

function forwardAt(forwards: ReadonlyArray<Forward>, i: number): Forward {
  const forward = forwards[i]
  if (forward === undefined) throw new Error(`a run of lanes gave nothing for lane ${i}`)
  return forward
}

/** What is added at sites is added to all rows of a run. */
const isAlike = ({ sequence }: Lane, other: Lane): boolean =>
  sequence.interventions.key === other.sequence.interventions.key
