/** Where a server answers, below the address that its app is mounted at, and in what form. */

/** What can be asked of a server about what. */
export type EffectName =
  | "generate"
  | "shield"
  | "inspect"
  | "inspectAll"
  | "lens"
  | "featureLogits"
  | "contrast"
  | "decide"
  | "calibrate"
  | "score"
  | "embed"
  | "searchFeatures"
  | `tokens.${"count" | "encode" | "decode" | "render"}`

/** `GET` of the first tells what it runs; the effects are asked with `POST`. */
export const routes = {
  describe: "/facet",
  generate: "/facet/generate",
  shield: "/facet/shield",
  inspect: "/facet/inspect",
  inspectAll: "/facet/inspect/all",
  lens: "/facet/lens",
  featureLogits: "/facet/features/logits",
  contrast: "/facet/contrast",
  decide: "/facet/decide",
  calibrate: "/facet/calibrate",
  score: "/facet/score",
  embed: "/facet/embed",
  searchFeatures: "/facet/search-features",
  "tokens.count": "/facet/tokens/count",
  "tokens.encode": "/facet/tokens/encode",
  "tokens.decode": "/facet/tokens/decode",
  "tokens.render": "/facet/tokens/render",
} as const satisfies Readonly<Record<"describe" | EffectName, `/facet${string}`>>

/** Of requests, and of every answer that is neither a stream nor a failure. */
export const jsonType = "application/json"
