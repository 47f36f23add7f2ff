/** The models that are measured, as `config.json` says them: real shapes, of which random weights are made. */

export const sizes = ["tiny", "270m", "2b"] as const
export type Size = (typeof sizes)[number]

export interface Shape {
  /** For people. */
  readonly title: string
  readonly tokenizer: "embedded" | "gemma2"
  /** The widest blocks that divide its rows. */
  readonly widestBlock: number
  readonly config: Readonly<Record<string, unknown>>
}

const common = {
  bos_token_id: 2,
  eos_token_id: 1,
  hidden_activation: "gelu_pytorch_tanh",
  max_position_embeddings: 8192,
  pad_token_id: 0,
  rms_norm_eps: 1e-6,
  rope_theta: 10_000,
  tie_word_embeddings: true,
}

const gemma2 = {
  ...common,
  architectures: ["Gemma2ForCausalLM"],
  model_type: "gemma2",
  attn_logit_softcapping: 50,
  final_logit_softcapping: 30,
  sliding_window: 4096,
}

export const shapes: Readonly<Record<Size, Shape>> = {
  tiny: {
    title: "the embedded model's shape, with a longer context",
    tokenizer: "embedded",
    widestBlock: 64,
    config: {
      ...gemma2,
      vocab_size: 3328,
      hidden_size: 192,
      num_hidden_layers: 6,
      intermediate_size: 640,
      num_attention_heads: 4,
      num_key_value_heads: 2,
      head_dim: 48,
      query_pre_attn_scalar: 48,
    },
  },
  // Gemma 3's own tokenizer is on no registry: with Gemma 2's the vocabulary has 256,000 entries and not 262,144.
  "270m": {
    title: "Gemma 3 270M's shape, with Gemma 2's vocabulary",
    tokenizer: "gemma2",
    widestBlock: 128,
    config: {
      ...common,
      architectures: ["Gemma3ForCausalLM"],
      model_type: "gemma3_text",
      vocab_size: 256_000,
      hidden_size: 640,
      num_hidden_layers: 18,
      intermediate_size: 2048,
      num_attention_heads: 4,
      num_key_value_heads: 1,
      head_dim: 256,
      query_pre_attn_scalar: 256,
      rope_theta: 1_000_000,
      rope_local_base_freq: 10_000,
      sliding_window: 512,
      sliding_window_pattern: 6,
    },
  },
  "2b": {
    title: "Gemma 2 2B's shape",
    tokenizer: "gemma2",
    widestBlock: 128,
    config: {
      ...gemma2,
      vocab_size: 256_000,
      hidden_size: 2304,
      num_hidden_layers: 26,
      intermediate_size: 9216,
      num_attention_heads: 8,
      num_key_value_heads: 4,
      head_dim: 256,
      query_pre_attn_scalar: 256,
    },
  },
}
