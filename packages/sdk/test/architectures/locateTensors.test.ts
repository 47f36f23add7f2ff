import { describe, expect, it } from "vitest"
import type { Architecture } from "../../src/architectures/Architecture.ts"
import { gemma2 } from "../../src/architectures/gemma2.ts"
import { locateTensors } from "../../src/architectures/locateTensors.ts"
import type { ModelConfig } from "../../src/graph/ModelConfig.ts"
import type { Dtype, Quantization, TensorLocation, TensorLocations } from "../../src/words/Tensors.ts"

const rotary = { base: 10000, factor: 1 }

const config: ModelConfig = {
  vocabSize: 10,
  hiddenSize: 16,
  layers: 1,
  intermediateSize: 32,
  heads: 8,
  kvHeads: 2,
  headDim: 4,
  queryPreAttnScalar: 4,
  slidingWindow: 4,
  attnLogitSoftcap: 50,
  finalLogitSoftcap: 30,
  rotary: { full: rotary, sliding: rotary },
  rmsNormEps: 1e-6,
  contextLength: 16,
  slidingLayers: [true],
  bosId: 2,
  isTied: true,
  eosIds: [1],
  quantization: null,
  guardWindow: null,
  shieldSpelling: null,
}
const inBlocks: Quantization = { bits: 4, blockSize: 16 }

const matrices: Record<string, readonly [number, number]> = {
  "model.embed_tokens": [10, 16],
  "model.layers.0.self_attn.q_proj": [32, 16],
  "model.layers.0.self_attn.k_proj": [8, 16],
  "model.layers.0.self_attn.v_proj": [8, 16],
  "model.layers.0.self_attn.o_proj": [16, 32],
  "model.layers.0.mlp.gate_proj": [32, 16],
  "model.layers.0.mlp.up_proj": [32, 16],
  "model.layers.0.mlp.down_proj": [16, 32],
}
const norms = [
  "model.norm",
  "model.layers.0.input_layernorm",
  "model.layers.0.post_attention_layernorm",
  "model.layers.0.pre_feedforward_layernorm",
  "model.layers.0.post_feedforward_layernorm",
]

const tensor = (dtype: Dtype, shape: ReadonlyArray<number>): TensorLocation => ({
  file: "model.safetensors",
  dtype,
  shape,
  offset: 0,
  length: 0,
})

const plain = (): Map<string, TensorLocation> =>
  new Map([
    ...Object.entries(matrices).map(([name, shape]) => [`${name}.weight`, tensor("BF16", shape)] as const),
    ...norms.map((name) => [`${name}.weight`, tensor("F32", [16])] as const),
  ])
const quantised = (): Map<string, TensorLocation> =>
  new Map([
    ...Object.entries(matrices).flatMap(([name, [rows, columns]]) => [
      [`${name}.weight`, tensor("U8", [rows, columns / 16, 8])] as const,
      [`${name}.weight_scale`, tensor("F32", [rows, columns / 16])] as const,
    ]),
    ...norms.map((name) => [`${name}.weight`, tensor("BF16", [16])] as const),
  ])

const locate = (
  stored: TensorLocations,
  quantization: Quantization | null = null,
  architecture: Architecture = gemma2,
) => locateTensors({ architecture, config: { ...config, quantization } }, stored, "/m")

const renamed = (rename: (name: string) => string): TensorLocations =>
  new Map([...plain()].map(([name, location]) => [rename(name), location]))

describe("locateTensors", () => {
  it("finds a whole Gemma 2, plain or quantised, and tells what else there is", () => {
    const { leftOut, tensors, unknown } = locate(plain().set("value_head.weight", tensor("F32", [10, 16])))
    expect([...tensors.keys()].toSorted()).toEqual([...plain().keys()].toSorted())
    expect([leftOut, unknown]).toEqual([[], ["value_head.weight"]])
    expect(locate(quantised(), inBlocks).tensors.size).toBe(quantised().size)
  })

  it("gives a row for each tensor, with its extents", () => {
    const { specs } = locate(plain())
    expect(specs.map(({ name }) => name).toSorted()).toEqual([...Object.keys(matrices), ...norms].toSorted())
    for (const { columns, kind, name, rows } of specs) {
      expect([rows, columns], name).toEqual(kind === "norm" ? [1, 16] : matrices[name])
    }
  })

  it.each(["lm_head.weight", "language_model.lm_head.weight"])("finds an output head of its own: %s", (name) => {
    const { specs, tensors, unknown } = locate(plain().set(name, tensor("BF16", [10, 16])))
    expect([specs.at(-1), unknown]).toEqual([{ name: "lm_head", kind: "matrix", rows: 10, columns: 16 }, []])
    expect(tensors.get("lm_head.weight")).toBeDefined()
    const wide = plain().set(name, tensor("BF16", [11, 16]))
    expect(() => locate(wide)).toThrow("the tensor lm_head.weight is BF16 [11, 16]")
  })

  it("misses the head of a model that is not tied", () => {
    const model = { architecture: gemma2, config: { ...config, isTied: false } }
    expect(() => locateTensors(model, plain(), "/m")).toThrow("the tensor lm_head.weight is missing")
  })

  it("finds the tensors of a bare model, whose names begin nowhere", () => {
    const { tensors } = locate(renamed((name) => name.replace(/^model\./, "")))
    expect([...tensors.keys()].toSorted()).toEqual([...plain().keys()].toSorted())
  })

  it("leaves out the parts that an architecture names, and says so", () => {
    const seeing: Architecture = { ...gemma2, prefixes: ["text.model."], leftOut: { "eyes.": "the eyes" } }
    const stored = new Map(renamed((name) => `text.${name}`)).set("eyes.left.weight", tensor("F32", [1]))
    expect(locate(stored, null, seeing)).toMatchObject({ leftOut: ["the eyes"], unknown: [] })
  })

  it.each([...plain().keys()])("misses %s", (name) => {
    const tensors = plain()
    tensors.delete(name)
    expect(() => locate(tensors)).toThrow(`the tensor ${name} is missing`)
  })

  it.each([...quantised().keys()])("misses %s of a quantised folder", (name) => {
    const tensors = quantised()
    tensors.delete(name)
    expect(() => locate(tensors, inBlocks)).toThrow(`the tensor ${name} is missing`)
  })

  it("names the expected and the found shape and dtype", () => {
    const name = "model.layers.0.mlp.down_proj.weight"
    const check = (found: TensorLocation) => () => locate(plain().set(name, found))
    expect(check(tensor("BF16", [32, 16]))).toThrow(
      `the tensor ${name} is BF16 [32, 16]; config.json asks for F32 or F16 or BF16 [16, 32]`,
    )
    expect(check(tensor("I8", [16, 32]))).toThrow(`the tensor ${name} is I8 [16, 32]`)
    expect(check(tensor("BF16", [16, 32, 1]))).toThrow(`the tensor ${name} is BF16 [16, 32, 1]`)
  })

  it("takes each matrix as its own tensors say", () => {
    const name = "model.layers.0.self_attn.o_proj.weight"
    const mixed = quantised()
      .set(name, tensor("U8", [16, 1, 32]))
      .set(`${name}_scale`, tensor("F32", [16, 1]))
      .set("model.layers.0.mlp.up_proj.weight", tensor("F16", [32, 16]))
    mixed.delete("model.layers.0.mlp.up_proj.weight_scale")
    expect(locate(mixed, inBlocks).tensors.size).toBe(quantised().size - 1)
    expect(() => locate(mixed)).toThrow("config.json asks for F32 or F16 or BF16")
  })

  it.each([
    ["bits of neither kind", [16, 1, 24], [16, 1]],
    ["a block that is too long", [16, 2, 32], [16, 2]],
    ["scales of another block size", [16, 1, 32], [16, 2]],
    ["no blocks", [16, 0, 0], [16, 0]],
  ])("refuses a matrix with %s", (_, shape, scales) => {
    const name = "model.layers.0.self_attn.o_proj.weight"
    const stored = quantised().set(name, tensor("U8", shape)).set(`${name}_scale`, tensor("F32", scales))
    expect(() => locate(stored, inBlocks)).toThrow(`the tensor ${name}`)
  })
})
