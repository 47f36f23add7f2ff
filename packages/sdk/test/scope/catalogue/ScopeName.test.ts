import { assert, describe, it } from "vitest"
import { catalogue } from "../../../src/scope/catalogue/catalogue.ts"
import { findSae, readScopeName } from "../../../src/scope/catalogue/ScopeName.ts"
import { transferWarning } from "../../../src/scope/catalogue/TrainedModel.ts"
import { InvalidRequestError } from "../../../src/words/Errors.ts"

const model = { id: "google/gemma-2-2b-it" }
const canonical = "layer_20/width_16k/average_l0_71/params.npz"

const fileOf = (name: string, of: { readonly id?: string } = model): string | undefined => {
  const named = readScopeName(name, of)
  return named?.kind === "sae" ? named.sae.file : named?.release
}

function refusal(ask: () => unknown): InvalidRequestError {
  try {
    ask()
  } catch (cause) {
    assert.instanceOf(cause, InvalidRequestError)
    return cause
  }
  throw new Error("it was not refused")
}

describe("readScopeName", () => {
  it.each([
    "gemma-scope-2b-pt-res-canonical/layer_20/width_16k/canonical",
    "gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71",
    "google/gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71/params.npz",
    "hf:google/gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71/params.npz",
    "https://huggingface.co/google/gemma-scope-2b-pt-res/resolve/main/layer_20/width_16k/average_l0_71/params.npz",
    "https://huggingface.co/google/gemma-scope-2b-pt-res/tree/main/layer_20/width_16k/average_l0_71",
    "20-gemmascope-res-16k",
    "gemma-2-2b/20-gemmascope-res-16k",
    "gemma-2-2b@20-gemmascope-res-16k",
    "gemma-2-2b/20-gemmascope-res-16k__l0-71",
    "https://www.neuronpedia.org/gemma-2-2b/20-gemmascope-res-16k/12082",
  ])("reads %s", (name) => {
    assert.strictEqual(fileOf(name), canonical)
  })

  it("reads every name that it gives", () => {
    for (const sae of catalogue().filter((_, i) => i % 97 === 0)) {
      const names = [
        ...sae.saeLensIds.map((id) => id.join("/")),
        `hf:${sae.repository}/${sae.file}`,
        sae.neuronpedia ?? "",
      ]
      for (const name of names.filter((one) => one !== "")) assert.strictEqual(fileOf(name, {}), sae.file, name)
    }
  })

  it("knows a release, and leaves paths alone", () => {
    assert.strictEqual(fileOf("gemma-scope-2b-pt-res"), "gemma-scope-2b-pt-res")
    for (const path of ["./gemma-scope-2b-pt-res", "/data/params.npz", "scope", "C:\\scope"]) {
      assert.isUndefined(readScopeName(path, model), path)
    }
  })

  it.each<[string, { readonly id?: string }, string]>([
    ["gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_72", {}, "has no layer_20/width_16k/average_l0_72"],
    ["gemma-scope-3b-pt-res", {}, "there is no release gemma-scope-3b-pt-res"],
    ["gemma-2-2b/20-gemmascope-res-17k", {}, "there is no such source"],
    ["20-gemmascope-res-16k", { id: "google/gemma-3-4b" }, "it belongs to another model"],
    ["hf:google/gemma-scope-2b-pt-res/layer_20/params.npz", {}, "has no layer_20/params.npz"],
  ])("refuses %s of %o", (name, of, problem) => {
    const error = refusal(() => readScopeName(name, of))
    assert.strictEqual(error.option, "scope")
    assert.include(error.problem, problem)
    assert.isAbove(error.remedy.length, 20)
  })
})

describe("findSae", () => {
  it("takes the canonical one, the narrowest, of the residual stream", () => {
    assert.strictEqual(findSae({ layer: 20 }, model).file, canonical)
    assert.strictEqual(findSae({ layer: 20, width: "65k" }, model).file, "layer_20/width_65k/average_l0_114/params.npz")
    assert.strictEqual(findSae({ layer: 20, l0: 300 }, model).file, "layer_20/width_16k/average_l0_294/params.npz")
    assert.strictEqual(
      findSae({ layer: 5, site: "ln2.hook_normalized" }, model).release,
      "gemma-scope-2b-pt-transcoders",
    )
  })

  it("goes by the model's name, or by its shape, and takes what was trained on the model itself where there is any", () => {
    const trained = (layer: number, of: Parameters<typeof findSae>[1]) => findSae({ layer }, of).trained
    assert.strictEqual(trained(20, { id: "google/gemma-2-9b-it" }), "gemma-2-9b-it")
    assert.strictEqual(trained(21, { id: "google/gemma-2-9b-it" }), "gemma-2-9b")
    assert.strictEqual(trained(20, { id: "google/gemma-2-9b" }), "gemma-2-9b")
    assert.strictEqual(trained(20, { id: "google/shieldgemma-9b" }), "gemma-2-9b")
    assert.strictEqual(trained(3, { id: "/models/mine", shape: { layers: 26, hiddenSize: 2304 } }), "gemma-2-2b")
    assert.strictEqual(trained(17, { id: "google/gemma-3-4b-it" }), "gemma-3-4b-it")
  })

  it.each<[object, string, string]>([
    [{ layer: 99 }, "scope.layer", "0, 1, 2"],
    [{ layer: 20, width: "17k" }, "scope.width", "16k"],
    [{ layer: 20, width: "wide" }, "scope.width", "16k"],
    [{ site: "resid_mid" }, "scope.site", "resid_post"],
    [{ release: "gemma-scope-9b" }, "scope.release", "gemma-scope-9b-pt-res"],
    [{ layer: 1.5 }, "scope.layer", "whole number"],
    [{ depth: 3 }, "scope.depth", "layer"],
  ])("refuses %o by its option, and says what there is", (query, option, remedy) => {
    const error = refusal(() => findSae(query, model))
    assert.strictEqual(error.option, option)
    assert.include(error.remedy, remedy)
  })

  it("says that there is nothing for another model", () => {
    assert.include(refusal(() => findSae({ layer: 3 }, { id: "llama" })).message, "nothing for llama")
  })
})

describe("transferWarning", () => {
  it("tells of a base model's autoencoders on another model, and of nothing else", () => {
    assert.include(transferWarning("gemma-2-2b", model), "trained on gemma-2-2b, not on gemma-2-2b-it")
    assert.include(transferWarning("gemma-2-9b-it", { id: "google/gemma-2-9b" }), "not on gemma-2-9b")
    assert.include(transferWarning("gemma-2-2b", { id: "google/shieldgemma-2b" }), "less well by the variance")
    assert.isUndefined(transferWarning("gemma-2-2b", { id: "google/gemma-2-2b" }))
    assert.isUndefined(transferWarning("gemma-2-9b-it", { id: "google/gemma-2-9b-it" }))
  })
})
