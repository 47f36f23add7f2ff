import { describe, expect, it } from "vitest"
import type { GemmaConfig } from "../../src/model/Config.ts"
import { checkGemmaTensors, openSafetensors, type TensorLocation } from "../../src/model/Safetensors.ts"
import { folderOf } from "./folderOf.ts"

/** A safetensors file with this header (as it is when it is text) and so many bytes of data. */
function safetensors(header: object | string, dataBytes: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header))
  const file = new Uint8Array(8 + text.length + dataBytes)
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true)
  file.set(text, 8)
  return file
}

const two = {
  __metadata__: { format: "pt" },
  a: { dtype: "F32", shape: [2, 3], data_offsets: [0, 24] },
  b: { dtype: "BF16", shape: [3], data_offsets: [24, 30] },
}

const open = async (contents: Record<string, Uint8Array | object>) => {
  await using files = await folderOf(contents)
  return await openSafetensors(files)
}

describe("openSafetensors", () => {
  it("locates tensors in place", async () => {
    const data = 8 + JSON.stringify(two).length
    expect([...(await open({ "model.safetensors": safetensors(two, 30) }))]).toEqual([
      ["a", { file: "model.safetensors", dtype: "F32", shape: [2, 3], offset: data, length: 24 }],
      ["b", { file: "model.safetensors", dtype: "BF16", shape: [3], offset: data + 24, length: 6 }],
    ])
  })

  it("locates tensors in shards", async () => {
    const tensors = await open({
      "model-1.safetensors": safetensors({ a: two.a }, 24),
      "model-2.safetensors": safetensors({ b: { ...two.b, data_offsets: [0, 6] } }, 6),
      "model.safetensors.index.json": { weight_map: { a: "model-1.safetensors", b: "model-2.safetensors" } },
    })
    expect([...tensors].map(([name, { file }]) => [name, file])).toEqual([
      ["a", "model-1.safetensors"],
      ["b", "model-2.safetensors"],
    ])
  })

  const file = safetensors(two, 30)
  const absurd = file.slice()
  absurd[6] = 1
  it.each<[string, Uint8Array, string]>([
    ["an empty file", new Uint8Array(0), "truncated"],
    ["a file cut in its header", file.slice(0, 40), "truncated"],
    ["a file cut in its data", file.slice(0, -1), "truncated: b"],
    ["an absurd header length", absurd, "header would have"],
    ["a header that is no JSON", safetensors("{oops", 0), "not JSON"],
    ["a header that is a list", safetensors("[]", 0), "not a JSON object"],
    ["an unknown dtype", safetensors({ a: { ...two.a, dtype: "Q4" } }, 24), 'unknown dtype "Q4"'],
    ["a negative extent", safetensors({ a: { ...two.a, shape: [-2, -3] } }, 24), "shape [-2,-3]"],
    ["offsets that do not fit the shape", safetensors({ a: { ...two.a, shape: [2, 2] } }, 24), "takes 16"],
    ["offsets that go backwards", safetensors({ a: { ...two.a, data_offsets: [24, 0] } }, 24), "-24 bytes"],
    ["offsets outside the file", safetensors({ a: { ...two.a, data_offsets: [8, 32] } }, 24), "truncated: a"],
    ["tensors that overlap", safetensors({ ...two, b: { ...two.b, data_offsets: [20, 26] } }, 30), "a and b overlap"],
  ])("refuses %s", async (_, content, problem) => {
    await expect(open({ "model.safetensors": content })).rejects.toMatchObject({
      _tag: "ModelFileError",
      file: expect.stringMatching(/model\.safetensors$/),
      problem: expect.stringContaining(problem),
    })
  })

  it.each<[string, Record<string, Uint8Array | object>, string]>([
    ["no weights", { "config.json": {} }, "there is no model.safetensors.index.json either"],
    ["a missing shard", { "model.safetensors.index.json": { weight_map: { a: "x.safetensors" } } }, "missing"],
    ["an index without a map", { "model.safetensors.index.json": {} }, '"weight_map"'],
    [
      "a shard outside the folder",
      { "model.safetensors.index.json": { weight_map: { a: "../x.safetensors" } } },
      "no .safetensors file of this folder",
    ],
    [
      "a shard without its tensor",
      {
        "x.safetensors": safetensors({ a: two.a }, 24),
        "model.safetensors.index.json": { weight_map: { b: "x.safetensors" } },
      },
      "lacks the tensor b",
    ],
  ])("refuses %s", async (_, contents, problem) => {
    await expect(open(contents)).rejects.toMatchObject({
      _tag: "ModelFileError",
      problem: expect.stringContaining(problem),
    })
  })
})

describe("checkGemmaTensors", () => {
  const config: GemmaConfig = {
    vocabSize: 10,
    hiddenSize: 8,
    layers: 1,
    intermediateSize: 20,
    heads: 4,
    kvHeads: 2,
    headDim: 4,
    queryPreAttnScalar: 4,
    slidingWindow: 4,
    attnLogitSoftcap: 50,
    finalLogitSoftcap: 30,
    ropeTheta: 10000,
    rmsNormEps: 1e-6,
    contextLength: 16,
    slidingLayers: [true],
    bosId: 2,
    eosIds: [1],
    quantization: null,
    guardWindow: null,
  }
  const matrices: Record<string, readonly [number, number]> = {
    "model.embed_tokens": [10, 8],
    "model.layers.0.self_attn.q_proj": [16, 8],
    "model.layers.0.self_attn.k_proj": [8, 8],
    "model.layers.0.self_attn.v_proj": [8, 8],
    "model.layers.0.self_attn.o_proj": [8, 16],
    "model.layers.0.mlp.gate_proj": [20, 8],
    "model.layers.0.mlp.up_proj": [20, 8],
    "model.layers.0.mlp.down_proj": [8, 20],
  }
  const norms = [
    "model.norm",
    "model.layers.0.input_layernorm",
    "model.layers.0.post_attention_layernorm",
    "model.layers.0.pre_feedforward_layernorm",
    "model.layers.0.post_feedforward_layernorm",
  ]
  const tensor = (dtype: TensorLocation["dtype"], shape: ReadonlyArray<number>): TensorLocation => ({
    file: "model.safetensors",
    dtype,
    shape,
    offset: 0,
    length: 0,
  })
  const plain = () =>
    new Map([
      ...Object.entries(matrices).map(([name, shape]) => [`${name}.weight`, tensor("BF16", shape)] as const),
      ...norms.map((name) => [`${name}.weight`, tensor("F32", [8])] as const),
    ])
  const quantised = () =>
    new Map([
      ...Object.entries(matrices).flatMap(([name, [rows, columns]]) => [
        [`${name}.weight`, tensor("U8", [rows, Math.ceil(columns / 16), 8])] as const,
        [`${name}.weight_scale`, tensor("F32", [rows, Math.ceil(columns / 16)])] as const,
      ]),
      ...norms.map((name) => [`${name}.weight`, tensor("BF16", [8])] as const),
    ])

  it("accepts a whole Gemma 2, plain or quantised, and ignores other tensors", () => {
    checkGemmaTensors(config, plain().set("lm_head.weight", tensor("F32", [10, 8])), "/m")
    checkGemmaTensors({ ...config, quantization: { bits: 4, blockSize: 16 } }, quantised(), "/m")
  })

  it.each([...plain().keys()])("misses %s", (name) => {
    const tensors = plain()
    tensors.delete(name)
    expect(() => checkGemmaTensors(config, tensors, "/m")).toThrow(`the tensor ${name} is missing`)
  })

  it.each([...quantised().keys()])("misses %s of a quantised folder", (name) => {
    const tensors = quantised()
    tensors.delete(name)
    expect(() => checkGemmaTensors({ ...config, quantization: { bits: 4, blockSize: 16 } }, tensors, "/m")).toThrow(
      `the tensor ${name} is missing`,
    )
  })

  it("names the expected and the found shape and dtype", () => {
    const name = "model.layers.0.mlp.down_proj.weight"
    const check = (found: TensorLocation) => () => checkGemmaTensors(config, plain().set(name, found), "/m")
    expect(check(tensor("BF16", [20, 8]))).toThrow(
      `the tensor ${name} is BF16 [20, 8]; config.json asks for F32 or F16 or BF16 [8, 20]`,
    )
    expect(check(tensor("I8", [8, 20]))).toThrow(`the tensor ${name} is I8 [8, 20]`)
    expect(check(tensor("BF16", [8, 20, 1]))).toThrow(`the tensor ${name} is BF16 [8, 20, 1]`)
  })
})
