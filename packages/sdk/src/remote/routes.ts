/** Where a server answers, below the address that its app is mounted at, and in what form. */

/** What can be asked of a server about what. */
export type EffectName = "generate" | "shield" | "inspect" | "decide"

/** `GET` of the first tells what it runs; the effects are asked with `POST`. */
export const routes = {
  describe: "/facet",
  generate: "/facet/generate",
  shield: "/facet/shield",
  inspect: "/facet/inspect",
  decide: "/facet/decide",
} as const satisfies Readonly<Record<"describe" | EffectName, `/facet${string}`>>

/** Of requests, and of every answer that is neither a stream nor a failure. */
export const jsonType = "application/json"
