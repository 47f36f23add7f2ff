/** The sides, each loaded only in the process that measures it. */
import type { OpenSide, SideName } from "./Task.ts"

const openFacet = async (): Promise<OpenSide> => (await import("./openFacetSide.ts")).openFacetSide

export const openSides: Readonly<Record<SideName, () => Promise<OpenSide>>> = {
  facet: openFacet,
  "facet (other checkout)": openFacet,
  "node-llama-cpp": async () => (await import("./openLlamaSide.ts")).openLlamaSide,
  "transformers.js": async () => (await import("./openTransformersSide.ts")).openTransformersSide,
}
