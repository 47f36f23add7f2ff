/** A request or an answer that the guard cannot read, and so cannot judge. */
export class UnreadableBodyError extends Error {
  readonly _tag = "UnreadableBodyError"
  override readonly name = "UnreadableBodyError"
  readonly of: "input" | "output"
  /** `malformed` and `too large` are the client's fault and refused in any case; `unsupported` follows `onError`. */
  readonly reason: "malformed" | "too large" | "unsupported"
  readonly problem: string
  readonly remedy: string

  constructor(fields: Pick<UnreadableBodyError, "of" | "reason" | "problem" | "remedy">, options?: ErrorOptions) {
    super(`${fields.problem}. ${fields.remedy}`, options)
    this.of = fields.of
    this.reason = fields.reason
    this.problem = fields.problem
    this.remedy = fields.remedy
  }
}
