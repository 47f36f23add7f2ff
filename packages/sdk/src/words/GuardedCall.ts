import { type EndedReport, emptyReport, type GuardOutcome, type GuardPart, type GuardReport } from "./GuardReport.ts"

/** Why a call ended, where it did not come to its own end. */
export interface CallEnd {
  readonly error?: unknown
  /** Whether whoever asked has left. */
  readonly isAborted?: boolean
  /** In place of what the guard told, where no guard came to see the call. */
  readonly report?: GuardReport
}

/**
 * Keeps what is told of one guarded call, and tells it exactly once, however the call ends. What a guard lets out may
 * still wait for a reader, so what really went out is counted where it goes out.
 */
export class GuardedCall {
  readonly #tell: (report: EndedReport) => void
  #soFar: (() => GuardReport) | undefined
  #final: GuardReport | undefined
  #sent = 0
  #isEnded = false

  constructor(tell: (report: EndedReport) => void) {
    this.#tell = tell
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  /** For the `observe` of `guard.frames()`. */
  readonly observe = (report: () => GuardReport): void => {
    this.#soFar = report
  }

  note(part: GuardPart<unknown>): void {
    if (part.type === "report") this.#final = part.report
  }

  /** So many characters went out. */
  sent(characters: number): void {
    this.#sent += characters
  }

  end({ error, isAborted = false, report }: CallEnd = {}): void {
    if (this.#isEnded) return
    this.#isEnded = true
    const known = this.#final ?? report ?? this.#soFar?.() ?? emptyReport()
    // A guard that came to its end may have been blocked all the same, by who drives it.
    const blocked = known.blocked ?? report?.blocked
    const told = blocked === undefined ? known : { ...known, blocked }
    const outcome: GuardOutcome = isAborted
      ? "aborted"
      : told.blocked !== undefined
        ? "blocked"
        : error === undefined
          ? "done"
          : "failed"
    this.#tell({ ...withReleased(told, this.#sent), outcome, ...(error === undefined ? {} : { error }) })
  }
}

const withReleased = (report: GuardReport, released: number): GuardReport => ({
  ...report,
  releasedCharacters: released,
  heldCharacters: report.heldCharacters + report.releasedCharacters - released,
  leakedCharacters: Math.min(report.leakedCharacters, released),
})
