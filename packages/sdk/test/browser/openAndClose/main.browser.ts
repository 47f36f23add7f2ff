import { Facet } from "@facet/sdk"

let facet: Facet | undefined

Object.assign(globalThis, {
  openFacet: async () => {
    facet = await Facet.open({ device: "wasm" })
    await facet.generate("Hello!", { maxTokens: 2 })
    await facet.shield("Hello!")
  },
  closeFacet: () => facet?.close(),
})
