/** How far the opening of a model has come. */
export interface Progress {
  /**
   * `waiting`: another tab or process downloads or converts the same model; `download`: files come over the network;
   * `convert`: weights are packed for Facet, once; `files`: reading and checking; `session`: ONNX Runtime takes the
   * weights; `ready`.
   */
  readonly phase: "waiting" | "download" | "convert" | "files" | "session" | "ready"
  readonly model: string
  /** The file that was read last; of `convert`, the tensor. */
  readonly file: string
  readonly loadedBytes: number
  readonly totalBytes: number
  /** Where the bytes come from, in a browser. */
  readonly source?: "network" | "cache" | undefined
  /** While downloading. */
  readonly bytesPerSecond?: number | undefined
  /** Until the end of the phase, at the speed of the last seconds; while downloading and converting. */
  readonly secondsLeft?: number | undefined
  /** What is going on, and why, in a sentence: told once, when a conversion begins, or before what may not fit. */
  readonly message?: string | undefined
  /** Of a message that holds as long as the model is open: `facet.warnings` has it, too. */
  readonly isWarning?: boolean | undefined
}
