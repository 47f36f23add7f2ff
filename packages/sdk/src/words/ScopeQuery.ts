/** An autoencoder of Gemma Scope by what it is, for the model that is open. */
export interface ScopeQuery {
  /** From 0. Default: the latest that has one. */
  readonly layer?: number | undefined
  /** `resid_post` (default), `attn_z`, `mlp_out`, `mlp_in_norm` or `mlp_in`, or TransformerLens' name of it. */
  readonly site?: string | undefined
  /** Features: a number, or as in `"16k"`. Default: the narrowest. */
  readonly width?: number | string | undefined
  /** The average of active features a token; the nearest is taken. Default: the canonical one, nearest to 100. */
  readonly l0?: number | undefined
  /** SAELens' name of a release, `gemma-scope-9b-it-res`. Default: what was trained on the model, or on its base. */
  readonly release?: string | undefined
}
