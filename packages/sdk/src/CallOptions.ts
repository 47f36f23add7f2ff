/** What every call of the Promise face takes beside its own options. */
export interface CallOptions {
  /** Aborting it ends the work within one token or one prefill chunk; the call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}
