import type { ConversionOptions, Origin } from "./convertCheckpoint.ts"

/** How a model is converted. */
export interface ConvertOptions extends ConversionOptions {
  /** The folder of a LoRA as peft saves it, which is merged into the weights. */
  readonly adapter?: string | undefined
  /**
   * A `.safetensors` file with how much each input of a matrix counts, `X.importance`, F32 `[columns]`: 4-bit weights are
   * then rounded for the least error in what the layers give, on the text that it was measured on. With `X.moments`, F32
   * `[columns, band]`, columns make up for each other's errors as well.
   */
  readonly importance?: string | undefined
  /** Where the source comes from, for the manifest. */
  readonly origin?: Origin | undefined
}
