import { describe, expect, it } from "vitest"
import { neuronpediaUrl } from "../../src/components/neuronpediaUrl.ts"

const residual = { site: "resid_post", layer: 20 } as const
const url = "https://www.neuronpedia.org/gemma-2-2b/20-gemmascope-res-16k/7"

describe("the page of a feature on Neuronpedia", () => {
  it.each([
    ["google/gemma-2-2b", "20-gemmascope-res-16k"],
    ["gemma-2-2b-it", "20-gemmascope-res-16k"],
    ["google/gemma-2-2b-it", "layer_20/width_16k/canonical"],
    ["google/gemma-2-2b", "layer_20/width_16k/average_l0_71"],
    ["google/gemma-2-2b", "google/gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71/params.npz"],
  ])("is known for %s with %s", (model, saeId) => {
    expect(neuronpediaUrl({ model, saeId }, 7, residual)).toBe(url)
  })

  it("is of the kind of autoencoder that belongs to the site", () => {
    const place = { site: "mlp_out", layer: 0 } as const
    const source = { model: "google/gemma-2-2b", saeId: "layer_0/width_16k/average_l0_119" }
    expect(neuronpediaUrl(source, 3, place)).toBe("https://www.neuronpedia.org/gemma-2-2b/0-gemmascope-mlp-16k/3")
  })

  it.each([
    ["the embedded model", "tiny", "layer_20/width_16k/canonical"],
    ["another autoencoder of the layer", "google/gemma-2-2b", "layer_20/width_16k/average_l0_139"],
    ["another layer than the trace's", "google/gemma-2-2b", "21-gemmascope-res-16k"],
    ["another size of the model", "google/gemma-2-9b", "gemma-scope-2b-pt-res/layer_20/width_16k/canonical"],
    ["a chat model with autoencoders of its own", "google/gemma-2-9b-it", "layer_20/width_16k/canonical"],
    ["an autoencoder of one's own", "google/gemma-2-2b", "my-sae"],
    ["another model", "google/gemma-3-4b", "20-gemmascope-res-16k"],
  ])("is not guessed for %s", (_name, model, saeId) => {
    expect(neuronpediaUrl({ model, saeId }, 7, residual)).toBeUndefined()
  })

  it("is not guessed where nothing says of which kind the autoencoder is", () => {
    expect(neuronpediaUrl({ model: "google/gemma-2-2b", saeId: "layer_20/width_16k/canonical" }, 7)).toBeUndefined()
  })
})
