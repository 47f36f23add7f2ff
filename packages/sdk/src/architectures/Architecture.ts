/** What a kind of model is. One file of this folder gives one, and `architectures.ts` lists it: nothing else knows of it. */
import type { Fields } from "../files/Fields.ts"
import type { Formula } from "../graph/Decoder.ts"
import type { ModelConfig } from "../graph/ModelConfig.ts"
import type { TensorSpec } from "../words/Tensors.ts"
import type { GgufSpelling } from "./GgufSpelling.ts"

/** What an architecture reads of `config.json`; the rest is the same for all. */
export type Shape = Omit<ModelConfig, "eosIds" | "isTied" | "quantization" | "guardWindow" | "shieldSpelling">

export interface Architecture {
  /** For people: `Gemma 2`. */
  readonly title: string
  /** What `architectures` and `model_type` of `config.json` call it. */
  readonly names: ReadonlyArray<string>
  /** Where in `config.json` the text model's own fields may be, for models that are more than that. */
  readonly section?: string
  /** @throws ModelFileError that names the field when one is missing or makes no sense. */
  readonly shape: (fields: Fields) => Shape
  /** One row a tensor: checking a folder, quantising, laying out anew and size estimates read this table. */
  readonly tensors: (shape: Shape) => ReadonlyArray<TensorSpec>
  /**
   * How files may begin the names that the table begins with `model.`, the first that fits: models that are more than a
   * text model keep it in a part.
   */
  readonly prefixes: ReadonlyArray<string>
  /** Parts of a folder that are left out, by the beginning of their tensors' names, and what they are. */
  readonly leftOut: Readonly<Record<string, string>>
  /** How GGUF files spell it all. */
  readonly gguf: GgufSpelling
  readonly formula: (shape: Shape) => Formula
  /** The chat template of folders that have none. */
  readonly template: string
  /** The control token that ends a turn, which ends a generation. Its id is the tokenizer's to say. */
  readonly endOfTurn: string
  /** The id that ends a generation where no file says which: `<eos>` of the class's defaults. */
  readonly endOfText: number
  /** Whether a ShieldGemma is of this architecture: any other is no judge. */
  readonly judges: boolean
}
