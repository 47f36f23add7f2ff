/** What a handler finds in `c.var.shield`. */
import type { GuardPart, GuardReport, Verdict } from "@facet/sdk/words"
import { emptyReport, type ShieldFailure, type ShieldReport } from "./ShieldReport.ts"

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
  readonly #onReport: (report: ShieldReport) => void
  #verdicts: { readonly input?: Verdict; readonly output?: Verdict } = {}
  #guardReport: GuardReport | undefined
  #isEnded = false

  constructor(onReport: (report: ShieldReport) => void) {
    this.#onReport = onReport
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
    if (!this.#isEnded) this.#abort.abort(reason)
  }

  fail(failure: ShieldFailure): void {
    this.#failures.push(failure)
  }

  note(part: GuardPart<unknown>): void {
    switch (part.type) {
      case "verdict":
        if (part.of === "input" || this.#verdicts.output?.flagged !== true) {
          this.#verdicts = { ...this.#verdicts, [part.of]: part.verdict }
        }
        return
      case "failure":
        return void this.#failures.push(failureOf(part))
      case "report":
        this.#guardReport = part.report
        return
      case "value":
      case "blocked":
    }
  }

  /** Nothing follows. */
  end({ error, report }: { readonly error?: unknown; readonly report?: GuardReport } = {}): void {
    if (this.#isEnded) return
    this.#isEnded = true
    const told = {
      ...(this.#guardReport ?? report ?? emptyReport()),
      failures: this.#failures,
      ...(error === undefined ? {} : { error }),
    }
    this.#report.resolve(told)
    try {
      this.#onReport(told)
    } catch {
      // Whoever listens does not decide about the answer.
    }
  }
}

const failureOf = ({ channel, error, of }: ShieldFailure): ShieldFailure => ({
  of,
  ...(channel === undefined ? {} : { channel }),
  error,
})
