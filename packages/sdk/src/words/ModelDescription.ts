/** What was opened, as the engine that runs it tells. */
import type { Device } from "./Device.ts"

export interface ModelDescription {
  /** What kind of model it is: `Gemma 2`. */
  readonly architecture: string
  /** Tokens that it holds at once: a prompt's and those that follow. */
  readonly contextLength: number
  /** Parts of its files that are not run, in words: `the vision tower`. */
  readonly leftOut: ReadonlyArray<string>
  /** What it runs on. */
  readonly device: Device
}
