/** How `facet serve` was told to serve. */
import type { ServerOptions } from "@facet/hono-plugin"
import type { OpenOptions } from "@facet/sdk"
import type { CalibrationFile } from "../QuestionFiles.ts"

export interface ServeOptions {
  readonly port: number
  readonly host: string
  readonly graceSeconds: number
  /** Names that are answered to, besides those of this machine; undefined for all that there are. */
  readonly allowedHosts: ReadonlyArray<string> | undefined
  readonly open: OpenOptions
  /** Origins whose pages may ask; `*` is all of them. */
  readonly cors: ReadonlyArray<string>
  readonly api: Pick<ServerOptions, "apiKey" | "guard" | "maxBodyBytes" | "maxPerClient">
  /** Of questions that clients ask. */
  readonly calibration: CalibrationFile | undefined
  /** Whether clients may change the model's inside. */
  readonly interventions: boolean
  /** The most memory that a process with a model may take, in bytes. */
  readonly maxMemoryBytes: number | undefined
  /** Print where it listens on stdout, as JSON. */
  readonly json: boolean
}
