import { describe, expect, it } from "vitest"
import { readModel } from "../../src/architectures/readModel.ts"
import { folderOf } from "../fixtures/folderOf.ts"

/** gemma-2-2b-it's, as published. */
const gemma2 = {
  architectures: ["Gemma2ForCausalLM"],
  attention_bias: false,
  attn_logit_softcapping: 50,
  bos_token_id: 2,
  eos_token_id: [1, 107],
  final_logit_softcapping: 30,
  head_dim: 256,
  hidden_act: "gelu_pytorch_tanh",
  hidden_activation: "gelu_pytorch_tanh",
  hidden_size: 2304,
  intermediate_size: 9216,
  max_position_embeddings: 8192,
  model_type: "gemma2",
  num_attention_heads: 8,
  num_hidden_layers: 26,
  num_key_value_heads: 4,
  query_pre_attn_scalar: 256,
  rms_norm_eps: 1e-6,
  rope_theta: 10000,
  sliding_window: 4096,
  vocab_size: 256000,
}

const read = async (changes: object, more: Record<string, object> = {}) => {
  await using files = await folderOf({ "config.json": { ...gemma2, ...changes }, ...more })
  return (await readModel(files)).config
}

describe("readModel", () => {
  it("reads what Google publishes", async () => {
    expect(await read({})).toEqual({
      vocabSize: 256000,
      hiddenSize: 2304,
      layers: 26,
      intermediateSize: 9216,
      heads: 8,
      kvHeads: 4,
      headDim: 256,
      queryPreAttnScalar: 256,
      slidingWindow: 4096,
      attnLogitSoftcap: 50,
      finalLogitSoftcap: 30,
      rotary: { full: { base: 10000, factor: 1 }, sliding: { base: 10000, factor: 1 } },
      rmsNormEps: 1e-6,
      contextLength: 8192,
      slidingLayers: Array.from({ length: 26 }, (_, layer) => layer % 2 === 0),
      bosId: 2,
      isTied: true,
      eosIds: [1, 107],
      quantization: null,
      guardWindow: null,
      shieldSpelling: null,
    })
  })

  it("takes what is left out as the class's defaults, which are the 2B's", async () => {
    const left = Object.fromEntries(Object.keys(gemma2).map((name) => [name, undefined]))
    const named = { architectures: ["Gemma2ForCausalLM"], eos_token_id: [1, 107] }
    expect(await read({ ...left, ...named })).toEqual(await read({}))
  })

  it("says whether the embedding is the output head, too", async () => {
    expect((await read({ tie_word_embeddings: false })).isTied).toBe(false)
  })

  it("takes end tokens from generation_config.json first, and adds none of its own", async () => {
    expect((await read({ eos_token_id: 1 })).eosIds).toEqual([1])
    const generation = { "generation_config.json": { eos_token_id: [3, 1] } }
    expect((await read({ eos_token_id: 1 }, generation)).eosIds).toEqual([1, 3])
    expect((await read({ eos_token_id: 5 }, { "generation_config.json": {} })).eosIds).toEqual([5])
    expect((await read({ eos_token_id: undefined })).eosIds).toEqual([1])
  })

  it("reads the rope base where transformers 5 writes it", async () => {
    const theta = async (parameters: object) =>
      (await read({ rope_theta: undefined, rope_parameters: parameters })).rotary.sliding.base
    expect(await theta({ rope_theta: 20000, rope_type: "default" })).toBe(20000)
    const nested = { rope_theta: 30000, rope_type: "default" }
    expect(await theta({ sliding_attention: nested, full_attention: nested })).toBe(30000)
  })

  it("reads layer kinds, missing soft-caps and quantisation", async () => {
    const config = await read({
      num_hidden_layers: 2,
      layer_types: ["full_attention", "sliding_attention"],
      attn_logit_softcapping: null,
      facet: { quantization: { bits: 4, blockSize: 32 } },
    })
    expect(config.slidingLayers).toEqual([false, true])
    expect(config.attnLogitSoftcap).toBeNull()
    expect(config.quantization).toEqual({ bits: 4, blockSize: 32 })
  })

  it.each([
    ["vocab_size", { vocab_size: 0 }],
    ["hidden_size", { hidden_size: 0 }],
    ["num_hidden_layers", { num_hidden_layers: 2.5 }],
    ["num_hidden_layers", { num_hidden_layers: 2e9 }],
    ["rms_norm_eps", { rms_norm_eps: -1 }],
    ["sliding_window", { sliding_window: "all" }],
    ["attn_logit_softcapping", { attn_logit_softcapping: 0 }],
    ["num_key_value_heads", { num_key_value_heads: 3 }],
    ["head_dim", { head_dim: 5 }],
    ["bos_token_id", { bos_token_id: 256000 }],
    ["eos_token_id", { eos_token_id: "end" }],
    ["hidden_activation", { hidden_activation: "silu" }],
    ["tie_word_embeddings", { tie_word_embeddings: "no" }],
    ["layer_types", { layer_types: ["sliding_attention"] }],
    ["layer_types", { num_hidden_layers: 1, layer_types: ["linear_attention"] }],
    ["rope_theta", { rope_theta: 0 }],
    ["rope_parameters", { rope_parameters: { rope_type: "yarn", rope_theta: 1 } }],
    ["rope_parameters", { rope_parameters: { a: { rope_theta: 1 }, b: { rope_theta: 2 } } }],
    ["rope_parameters", { rope_parameters: {} }],
    ["facet.quantization.bits", { facet: { quantization: { bits: 3, blockSize: 32 } } }],
    ["facet.quantization.blockSize", { facet: { quantization: { bits: 4, blockSize: 24 } } }],
    ["architectures", { architectures: undefined, model_type: undefined }],
  ])("names the field %s when it is wrong: %j", async (field, changes) => {
    await expect(read(changes)).rejects.toMatchObject({
      _tag: "ModelFileError",
      file: expect.stringMatching(/config\.json$/),
      problem: expect.stringContaining(`"${field}"`),
    })
  })

  it("knows the config.json that keras-hub writes, and says the way", async () => {
    const changes = { architectures: undefined, model_type: undefined, class_name: "GemmaBackbone" }
    await expect(read(changes)).rejects.toMatchObject({ remedy: expect.stringContaining("facet convert") })
  })

  it.each([
    [{ quantization_config: { quant_method: "bitsandbytes" } }, "packed by bitsandbytes"],
    [{ quantization_config: { quant_method: "gptq", bits: 4 } }, "packed by gptq"],
    [{ quantization: { group_size: 64, bits: 4 } }, "packed by MLX"],
  ])("names who packed the weights, and what to do: %j", async (changes, problem) => {
    await expect(read(changes)).rejects.toMatchObject({
      _tag: "ModelFileError",
      problem: expect.stringContaining(problem),
      remedy: expect.stringContaining("plain weights"),
    })
  })

  it("tells an adapter from a model", async () => {
    await using files = await folderOf({ "adapter_config.json": {}, "adapter_model.safetensors": "x" })
    await expect(readModel(files)).rejects.toMatchObject({ problem: expect.stringContaining("LoRA") })
  })

  it("shows no more of a field than is needed to find it", async () => {
    const message = await read({ hidden_size: "x".repeat(100_000) }).then(JSON.stringify, String)
    expect(message.length).toBeLessThan(400)
  })

  it("refuses numbers too large for JavaScript", async () => {
    await using files = await folderOf({
      "config.json": JSON.stringify(gemma2).replace("1e-6", "1e999").replace("0.000001", "1e999"),
    })
    await expect(readModel(files)).rejects.toMatchObject({ problem: expect.stringContaining('"rms_norm_eps"') })
  })

  it.each(["GemmaForCausalLM", "LlamaForCausalLM"])("names %s as unsupported", async (name) => {
    await expect(read({ architectures: [name] })).rejects.toMatchObject({
      _tag: "UnsupportedModelError",
      architecture: name,
      message: expect.stringMatching(new RegExp(`${name}.*Gemma2ForCausalLM`)),
    })
  })

  it.each([
    ["is missing", {}, "missing"],
    ["is cut off", { "config.json": '{"hidden_size": 2' }, "not valid JSON"],
    ["holds a list", { "config.json": "[]" }, "holds no JSON object"],
    [
      "is a pointer of Git LFS",
      { "config.json": "version https://git-lfs.github.com/spec/v1\noid sha256:0" },
      "Git LFS",
    ],
    ["is binary", { "config.json": Uint8Array.of(0xff, 0xfe, 0x00) }, "not UTF-8"],
  ])("says when config.json %s", async (_, contents, problem) => {
    await using files = await folderOf(contents)
    await expect(readModel(files)).rejects.toMatchObject({
      _tag: "ModelFileError",
      problem: expect.stringContaining(problem),
    })
  })
})
