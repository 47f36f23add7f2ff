/** What a handler finds in `c.var.shield`. */
import {
  type CallEnd,
  callHook,
  GuardedCall,
  type GuardPart,
  type GuardReport,
  type Verdict,
  worseVerdict,
} from "@facet/sdk/words"
import type { ShieldFailure, ShieldReport } from "./ShieldReport.ts"

export interface ShieldContext {
  /** Fires when something is blocked and when the client leaves: hand it to the model. */
  readonly signal: AbortSignal
  /** The verdicts so far; of the answer's, the last one, or the one that flagged it. */
  readonly verdicts: { readonly input?: Verdict; readonly output?: Verdict }
  /** When the answer has ended. Never rejects. */
  readonly report: Promise<ShieldReport>
}

/**
 * The variables that `shield()` sets.
 *
 * @example
 * const app = new Hono<{ Variables: ShieldVariables }>()
 */
export interface ShieldVariables {
  shield: ShieldContext
}

/** Keeps what is told of one request. */
export class ShieldCall implements ShieldContext {
  readonly #abort = new AbortController()
  readonly #report = Promise.withResolvers<ShieldReport>()
  readonly #failures: Array<ShieldFailure> = []
  readonly #call: GuardedCall
  #verdicts: { readonly input?: Verdict; readonly output?: Verdict } = {}

  constructor(onReport: (report: ShieldReport) => unknown) {
    this.#call = new GuardedCall((ended) => {
      const told = { ...ended, failures: this.#failures }
      this.#report.resolve(told)
      callHook("onReport", () => onReport(told))
    })
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  get verdicts() {
    return this.#verdicts
  }

  get report(): Promise<ShieldReport> {
    return this.#report.promise
  }

  abort(reason?: unknown): void {
    if (!this.#call.isEnded) this.#abort.abort(reason)
  }

  fail(failure: ShieldFailure): void {
    this.#failures.push(failure)
  }

  /** For the `observe` of the guard's frames. */
  readonly observe = (report: () => GuardReport): void => this.#call.observe(report)

  /** So many characters went out. */
  sent(characters: number): void {
    this.#call.sent(characters)
  }

  note(part: GuardPart<unknown>): void {
    this.#call.note(part)
    switch (part.type) {
      case "verdict":
        this.#verdicts = {
          ...this.#verdicts,
          [part.of]: part.of === "input" ? part.verdict : worseVerdict(this.#verdicts.output, part.verdict),
        }
        return
      case "failure":
        return void this.#failures.push(failureOf(part))
      case "report":
      case "value":
      case "blocked":
    }
  }

  /** Nothing follows. */
  end(why?: CallEnd): void {
    this.#call.end(why)
  }
}

const failureOf = ({ channel, error, of }: ShieldFailure): ShieldFailure => ({
  of,
  ...(channel === undefined ? {} : { channel }),
  error,
})
