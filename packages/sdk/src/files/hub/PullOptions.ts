import type { Progress } from "../../words/Progress.ts"

/** What a download is about to do. */
export interface PullPlan {
  /** What is fetched, as a page to look at. */
  readonly page: string
  /** The exact version, where the place has any. */
  readonly revision: string | undefined
  /** As the place names it: `gemma`. */
  readonly licence: string | undefined
  /** All of the model, in bytes, as far as sizes are known. */
  readonly totalBytes: number
  /** What is not here yet. */
  readonly missingBytes: number
}

export interface PullOptions {
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** Told before anything large is fetched; what it throws ends the download. */
  readonly onPlan?: ((plan: PullPlan) => void | Promise<void>) | undefined
  readonly signal?: AbortSignal | undefined
  /** How long a host may send nothing, in milliseconds. Default 30 seconds. */
  readonly stallMs?: number | undefined
  /** Milliseconds before the second attempt and each further one. */
  readonly retryDelaysMs?: ReadonlyArray<number> | undefined
  /** So many bytes are asked for at once of a file that is large. Default 16 MiB. */
  readonly rangeBytes?: number | undefined
}

/** A model that is on the disk now. */
export interface Pulled {
  /** Its folder, or its `.gguf`. */
  readonly path: string
  readonly revision: string | undefined
  readonly licence: string | undefined
}
