/** What was opened, as the engine that runs it tells. */
import type { Device } from "./Device.ts"
import type { ToolFormat } from "./ToolFormat.ts"

export interface ModelDescription {
  /** What kind of model it is: `Gemma 2`. */
  readonly architecture: string
  /** Tokens that it holds at once: a prompt's and those that follow. */
  readonly contextLength: number
  /** Parts of its files that are not run, in words: `the vision tower`. */
  readonly leftOut: ReadonlyArray<string>
  /** What it runs on. */
  readonly device: Device
  /** How its chat template writes tools and their calls; left out where they are told in words. */
  readonly toolFormat?: ToolFormat
}

/** What is said of a part that is not run, wherever it is found out: when a model is packed, or when it is opened. */
export const leftOutWarning = (model: string, part: string): string => `${model}: ${part} is left out.`
