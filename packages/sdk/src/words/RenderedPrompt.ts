/** A prompt as a model reads it. */
import { checkFlag, checkKnown, checkOneOf } from "./Checks.ts"
import { type GenerateOptions, templates } from "./GenerateOptions.ts"

/** It can be generated from, scored and inspected as it is. */
export interface RenderedPrompt {
  readonly tokens: ReadonlyArray<number>
  /** The same as text, with control tokens by name: `<start_of_turn>user`. */
  readonly text: string
}

/** How a prompt is rendered: as `generate` would, unless told otherwise. */
export interface RenderOptions extends Pick<GenerateOptions, "template" | "continueFinalMessage"> {
  /** Whether a chat ends with the opening of the model's turn, for it to go on. Default true. */
  readonly addGenerationPrompt?: boolean | undefined
}

/** How a text becomes tokens. */
export interface EncodeOptions {
  /** Whether `<bos>` stands first, as models want it. Default true. */
  readonly bos?: boolean | undefined
}

/** @throws InvalidRequestError that names the option. */
export function checkRenderOptions(options: RenderOptions): void {
  checkKnown(options, ["template", "continueFinalMessage", "addGenerationPrompt"])
  checkOneOf("template", options.template, templates)
  for (const flag of ["continueFinalMessage", "addGenerationPrompt"] as const) checkFlag(flag, options[flag])
}

/** @throws InvalidRequestError that names the option. */
export function checkEncodeOptions(options: EncodeOptions): void {
  checkKnown(options, ["bos"])
  checkFlag("bos", options.bos)
}
