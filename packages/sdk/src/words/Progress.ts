/** How far the opening of a model has come. */
export interface Progress {
  /**
   * `waiting`: another tab downloads the same model; `download`: files come over the network; `files`: reading and
   * checking; `session`: ONNX Runtime takes the weights; `ready`.
   */
  readonly phase: "waiting" | "download" | "files" | "session" | "ready"
  readonly model: string
  /** The file that was read last. */
  readonly file: string
  readonly loadedBytes: number
  readonly totalBytes: number
  /** Where the bytes come from, in a browser. */
  readonly source?: "network" | "cache" | undefined
  /** While downloading. */
  readonly bytesPerSecond?: number | undefined
}
