import { Facet } from "@facet/sdk"
import type { OpenContender } from "./Contender.ts"

/** Tokens that would end a generation: `<eos>` and `<end_of_turn>`. */
const endless = { 1: -100, 107: -100 }

export const openFacet: OpenContender = async ({ folder, threads }) => {
  const facet = await Facet.open({ model: folder, device: "wasm", threads, storage: "none" })
  return {
    settings: `${facet.device.name}, weights as ${facet.device.precision}, ${facet.device.threads ?? threads} threads`,
    read: async ({ text }, maxTokens) => {
      // A token may be half a character, and its text come with a later one: the engine knows when it was there.
      const { timings } = await facet.generate(text, { template: "none", maxTokens, logitBias: endless })
      return { firstMs: timings.firstTokenMs, tokenMs: 1000 / timings.tokensPerSecond }
    },
  }
}
