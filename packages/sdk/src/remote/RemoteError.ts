/** A server that could not be reached, or that answered with something else than the effects do. */
export class RemoteError extends Error {
  readonly _tag = "RemoteError"
  override readonly name = "RemoteError"
  /** What was asked. */
  readonly url: string
  /** The answer's status, where there was an answer. */
  readonly status: number | undefined
  readonly problem: string
  readonly remedy: string

  constructor(
    fields: {
      readonly url: string
      readonly status?: number | undefined
      readonly problem: string
      readonly remedy: string
    },
    options?: ErrorOptions,
  ) {
    super(`${fields.url}: ${fields.problem}. ${fields.remedy}`, options)
    this.url = fields.url
    this.status = fields.status
    this.problem = fields.problem
    this.remedy = fields.remedy
  }
}
