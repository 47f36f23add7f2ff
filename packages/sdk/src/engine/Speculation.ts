/**
 * Tokens that run before they are chosen: what is guessed runs beside the token that is known, and stays where the model
 * chooses it, too.
 */
import * as Effect from "effect/Effect"
import type { FacetError } from "../words/Errors.ts"
import type { Site } from "../words/Site.ts"
import { Drafts } from "./Drafts.ts"
import type { Form } from "./Form.ts"
import type { Forward } from "./Forward.ts"
import type { KeyValues } from "./KeyValues.ts"
import type { OpenModel } from "./OpenModel.ts"
import type { Scheduler } from "./Scheduler.ts"

export interface SpeculationOptions {
  readonly model: OpenModel
  readonly scheduler: Scheduler
  readonly sequence: KeyValues
  readonly taps: ReadonlyArray<Site>
  /** The prompt's. */
  readonly tokens: ReadonlyArray<number>
  /** Guessed tokens that may run beside the next one, 1 or more. */
  readonly most: number
}

/** Tokens that were guessed and run together with the one before them. */
interface Guessed {
  readonly tokens: ReadonlyArray<number>
  /** Of the token before them and of each of them. */
  readonly forwards: ReadonlyArray<Forward>
  /** How many of them the model has chosen, too. */
  right: number
}

export class Speculation {
  readonly #options: SpeculationOptions
  readonly #drafts: Drafts
  #guessed: Guessed | undefined

  constructor(options: SpeculationOptions) {
    this.#options = options
    this.#drafts = new Drafts(options.tokens)
  }

  /** Takes the next token of the text. */
  accept(id: number): void {
    this.#drafts.accept(id)
  }

  /** What came of a token that was guessed rightly and has run; what was guessed wrongly is forgotten. */
  advance(id: number): Forward | undefined {
    const guessed = this.#guessed
    if (guessed === undefined) return undefined
    const forward = guessed.tokens[guessed.right] === id ? guessed.forwards[guessed.right + 1] : undefined
    if (forward === undefined) this.forget()
    else guessed.right++
    return forward
  }

  /** Takes what was guessed wrongly out of the sequence. */
  forget(): void {
    const guessed = this.#guessed
    if (guessed === undefined) return
    this.#guessed = undefined
    const { right, tokens } = guessed
    const { sequence } = this.#options
    sequence.truncate(sequence.length - (tokens.length - right))
    this.#drafts.learn(tokens.length, right)
  }

  /**
   * What may follow the token that runs next; empty where nothing is guessed.
   *
   * @param room tokens that may yet be chosen, that one among them.
   */
  draft(room: number, form: Form | undefined): ReadonlyArray<number> {
    const most = Math.min(this.#options.most, room - 1)
    if (most < 1) return []
    const draft = this.#drafts.next(most)
    return form === undefined ? draft : draft.slice(0, form.fitting(draft))
  }

  /** Runs a token and what is guessed to follow it, and gives what came of the token. */
  guess(id: number, draft: ReadonlyArray<number>): Effect.Effect<Forward, FacetError> {
    const { model, scheduler, sequence, taps } = this.#options
    const run = () => model.forwardEach(sequence, [id, ...draft], taps)
    return Effect.map(scheduler.step("Running a token and a guess", run), (forwards) => {
      const [first] = forwards
      if (first === undefined) throw new Error("a run of no tokens")
      if (forwards.length > 1) this.#guessed = { tokens: draft, forwards, right: 0 }
      return first
    })
  }
}
