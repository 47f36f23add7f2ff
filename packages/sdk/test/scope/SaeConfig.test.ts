import { assert, describe, it } from "vitest"
import { layOutSafetensors } from "../../src/files/layOutSafetensors.ts"
import { readSaeConfig } from "../../src/scope/SaeConfig.ts"
import { readSae } from "../../src/scope/SaeFile.ts"
import { openScope } from "../../src/scope/openScope.node.ts"
import { ScopeFileError } from "../../src/words/Errors.ts"
import { failureOf } from "../fixtures/failure.ts"
import { folderOf } from "../fixtures/folderOf.ts"

/** As SAELens 6 writes it. */
const config = {
  architecture: "standard",
  d_in: 32,
  d_sae: 24,
  apply_b_dec_to_input: true,
  normalize_activations: "none",
  reshape_activations: "none",
  metadata: { model_name: "gemma-2-2b", hook_name: "blocks.7.hook_resid_post" },
}

const read = async (changes: object) => {
  await using files = await folderOf({ "cfg.json": { ...config, ...changes } })
  return await readSaeConfig(files, "")
}

describe("readSaeConfig", () => {
  it("reads what is computed, and where", async () => {
    const { formula, model, place, width } = await read({})
    assert.deepInclude(formula, { activation: "relu", subtractsDecoderBias: true, normalisation: "none" })
    assert.deepStrictEqual(
      { model, place, width },
      {
        model: "gemma-2-2b",
        place: { layer: 7, site: "resid_post" },
        width: 24,
      },
    )
  })

  it("reads those of before SAELens 6, where all is in one object", async () => {
    const { formula, place } = await readOld()
    assert.deepInclude(formula, { activation: "topk", k: 32, subtractsDecoderBias: true })
    // What comes into a layer is what the layer before gave.
    assert.deepStrictEqual(place, { layer: 6, site: "resid_post" })
  })

  it("knows where a transcoder writes, and that its b_dec is no input's", async () => {
    const metadata = { hook_name: "blocks.3.ln2.hook_normalized", hook_name_out: "blocks.3.hook_mlp_out" }
    const { formula, place } = await read({
      architecture: "jumprelu_transcoder",
      apply_b_dec_to_input: false,
      metadata,
    })
    assert.deepInclude(formula, { activation: "jumprelu", subtractsDecoderBias: false })
    assert.deepStrictEqual(place, { layer: 3, site: "mlp_in_norm", writes: "mlp_out" })
  })

  it("takes hook_mlp_in for what stands behind the norm only where the module is named", async () => {
    const metadata = { hook_name: "blocks.3.hook_mlp_in", hook_name_out: "blocks.3.hook_mlp_out" }
    const hf_hook_name = "model.layers.3.pre_feedforward_layernorm.output"
    const kind = { architecture: "jumprelu_skip_transcoder", apply_b_dec_to_input: false }
    const { place } = await read({ ...kind, metadata: { ...metadata, hf_hook_name } })
    assert.deepStrictEqual(place, { layer: 3, site: "mlp_in", writes: "mlp_out" })
    assert.isUndefined((await read({ ...kind, metadata })).place)
  })

  it.each<[object, string]>([
    [{ architecture: "crosscoder" }, "it is a crosscoder, which Facet does not encode"],
    [{ architecture: "temporal" }, "it is a temporal"],
    [{ architecture: "topk" }, "its k is undefined"],
    [{ normalize_activations: "expected_average_only_in" }, 'normalize_activations is "expected_average_only_in"'],
    [{ architecture: "gated", rescale_acts_by_decoder_norm: true }, "rescale_acts_by_decoder_norm true"],
    [{ activation_fn_str: "tanh-relu" }, 'activation_fn is "tanh-relu"'],
    [{ architecture: "jumprelu", activation_fn: "topk" }, 'activation_fn is "topk"'],
    [{ reshape_activations: "hook_q" }, 'reshape_activations is "hook_q"'],
    [{ finetuning_scaling_factor: true }, "finetuning_scaling_factor true"],
    [{ hook_head_index: 3 }, "hook_head_index 3"],
    [{ architecture: "transcoder" }, "apply_b_dec_to_input true"],
    [
      {
        architecture: "transcoder",
        apply_b_dec_to_input: false,
        metadata: { hook_name: "blocks.3.ln2.hook_normalized" },
      },
      "what it writes is",
    ],
    [
      {
        architecture: "transcoder",
        apply_b_dec_to_input: false,
        metadata: { hook_name: "blocks.3.ln2.hook_normalized", hook_name_out: "blocks.9.hook_mlp_out" },
      },
      "blocks.9.hook_mlp_out",
    ],
  ])("refuses %o by name", async (changes, problem) => {
    const error = await failureOf(read(changes))
    assert.instanceOf(error, ScopeFileError)
    assert.include(error.message, problem)
    assert.match(error.message, /cfg\.json/)
  })

  it("has the widths of the weights", async () => {
    const name = "sae_weights.safetensors"
    const shapes = { W_enc: [32, 20], W_dec: [20, 32], b_enc: [20], b_dec: [32] }
    await using files = await folderOf({ "cfg.json": config, [name]: zeros(shapes) })
    const error = await failureOf(readSae(files, name))
    assert.instanceOf(error, ScopeFileError)
    assert.match(error.message, /W_enc has \[32, 20\], and cfg\.json says \[32, 24\]/)
  })

  it("is missing where nothing says what the weights are", async () => {
    await using files = await folderOf({ "sae_weights.safetensors": new Uint8Array(8) })
    const error = await failureOf(openScope(files.root))
    assert.instanceOf(error, ScopeFileError)
    assert.match(error.message, /cfg\.json: missing/)
  })
})

/** A safetensors file of float32 zeros. */
function zeros(shapes: Readonly<Record<string, ReadonlyArray<number>>>): Uint8Array {
  const all = Object.entries(shapes).map(([name, shape]) => ({
    name,
    dtype: "F32" as const,
    shape,
    length: 4 * shape.reduce((product, extent) => product * extent, 1),
  }))
  const { header, size } = layOutSafetensors(all)
  const bytes = new Uint8Array(size)
  bytes.set(header)
  return bytes
}

const readOld = async () => {
  const old = {
    model_name: "gemma-2b",
    hook_point: "blocks.7.hook_resid_pre",
    activation_fn_str: "topk",
    activation_fn_kwargs: { k: 32 },
    d_in: 32,
    d_sae: 24,
    normalize_activations: false,
    finetuning_scaling_factor: false,
    hook_head_index: null,
  }
  await using files = await folderOf({ "cfg.json": old })
  return await readSaeConfig(files, "")
}
