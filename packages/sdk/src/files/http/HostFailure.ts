/** A failure of a host or of the network that may pass. Never leaves the hub: it becomes a `DownloadError` in the end. */
export class HostFailure extends Error {
  /** `unreachable`: no answer at all; `broken`: in the middle of a body; `refused`: a status that asks for patience. */
  readonly kind: "unreachable" | "broken" | "refused"
  /** How long the host asks us to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(
    kind: HostFailure["kind"],
    message: string,
    options: ErrorOptions & { readonly retryAfterMs?: number } = {},
  ) {
    super(message, options)
    this.kind = kind
    this.retryAfterMs = options.retryAfterMs
  }
}
