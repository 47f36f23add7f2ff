/** A decoder's shape: everything about a model that its weights do not say themselves. Every architecture gives one. */
import type { ShieldSpelling } from "../words/ShieldSpelling.ts"
import type { SiteName } from "../words/Site.ts"
import type { Quantization } from "../words/Tensors.ts"

/** How positions turn queries and keys: the pair `i` by `position / factor / base^(2i / headDim)`. */
export interface Rotary {
  readonly base: number
  /** 1 unless the context was stretched ("linear" scaling). */
  readonly factor: number
}

export interface ModelConfig {
  readonly vocabSize: number
  /** Width of the residual stream. */
  readonly hiddenSize: number
  readonly layers: number
  /** Width of the MLP's inner layer. */
  readonly intermediateSize: number
  /** Query heads. */
  readonly heads: number
  /** Key and value heads; divides `heads`. */
  readonly kvHeads: number
  /** Width of one head; even, since rotary embedding turns halves. */
  readonly headDim: number
  /** Attention scores are scaled by this to the power of -1/2. */
  readonly queryPreAttnScalar: number
  /** Keys that a sliding layer sees, the position itself included. */
  readonly slidingWindow: number
  /** `cap * tanh(score / cap)` on attention scores, before the mask; `null`: none. */
  readonly attnLogitSoftcap: number | null
  /** The same on the logits. */
  readonly finalLogitSoftcap: number | null
  /** Of the layers that see everything, and of those that slide. */
  readonly rotary: { readonly full: Rotary; readonly sliding: Rotary }
  readonly rmsNormEps: number
  /** The most tokens in one sequence. */
  readonly contextLength: number
  /** Per layer: does it slide? */
  readonly slidingLayers: ReadonlyArray<boolean>
  readonly bosId: number
  /** Whether the embedding is the output head, too. */
  readonly isTied: boolean
  /** The tokens that end a generation by the model's own files, ascending. The end of a turn is the tokenizer's to say. */
  readonly eosIds: ReadonlyArray<number>
  /** `null`: all weights are plain f32, f16 or bf16. Else how most are packed; each matrix's own tensors say how it is. */
  readonly quantization: Quantization | null
  /** The longest text, in tokens, that a guard judges well; `null`: whatever fits into its context. */
  readonly guardWindow: number | null
  /** How a guard's prompt is spelt, where its folder says so. */
  readonly shieldSpelling: ShieldSpelling | null
}

/** The output head of a model whose embedding is not the head, too. */
export const headName = "lm_head"

/** Which layers: those that slide have their own mask, and may have their own rotary embedding. */
export type LayerKind = keyof ModelConfig["rotary"]

/** The kinds of layers that a model has. */
export const layerKinds = ({ slidingLayers }: Pick<ModelConfig, "slidingLayers">): ReadonlyArray<LayerKind> =>
  (["full", "sliding"] as const).filter((kind) => slidingLayers.includes(kind === "sliding"))

export const layerKind = ({ slidingLayers }: Pick<ModelConfig, "slidingLayers">, layer: number): LayerKind =>
  slidingLayers[layer] === true ? "sliding" : "full"

/** The width of a site's tensor. */
export const siteWidth = (
  { headDim, heads, hiddenSize }: Pick<ModelConfig, "headDim" | "heads" | "hiddenSize">,
  site: SiteName,
): number => (site === "attn_z" ? heads * headDim : hiddenSize)
