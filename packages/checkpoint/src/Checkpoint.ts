/** A published checkpoint as a conversion reads it: whatever its format, tensors come in Hugging Face's convention. */
import type { JsonObject, Measured, Model, Quantization, QuantisedMatrix, TensorSpec } from "@facet/sdk/folders"

/** A published checkpoint, open for reading. */
export interface Checkpoint {
  /** Its path, for messages. */
  readonly root: string
  readonly format: "safetensors" | "gguf" | "keras" | "sbs"
  readonly model: Model
  /** What becomes `config.json`, without `facet.quantization`. */
  readonly config: JsonObject
  /** Files that go along as they are, by name: `tokenizer.json`, `tokenizer_config.json` and so on. */
  readonly texts: ReadonlyMap<string, Uint8Array>
  /** By the architecture's table, in its order; an output head that is no copy of the embedding comes last. */
  readonly tensors: ReadonlyArray<CheckpointTensor>
  /** Parts of the source that are no part of the text model, in words: `the vision tower`. */
  readonly leftOut: ReadonlyArray<string>
  /** What the reading itself costs, in sentences. */
  readonly warnings: ReadonlyArray<string>
  readonly close: () => Promise<void>
}

/** A tensor of the architecture's table. */
export interface CheckpointTensor {
  readonly spec: TensorSpec
  /** As the format spells it: `BF16`, `Q4_K`. */
  readonly encoding: string
  /**
   * `count` rows from row `first` on, as f32, row-major: `[count, columns]`. A norm has one row, and its gain less one,
   * as Gemma's files have it.
   */
  readonly read: (first: number, count: number) => Promise<Float32Array>
  /** What 4-bit weights are rounded by, where somebody measured it. */
  readonly measured?: (() => Promise<Measured | undefined>) | undefined
  /** The same rows as the source has packed them, where that is exactly a layout of ours. */
  readonly packed?: PackedRows | undefined
}

export interface PackedRows {
  readonly quantization: Quantization
  readonly read: (first: number, count: number) => Promise<QuantisedMatrix>
}
