import type { Quantization, TensorSpec } from "@facet/sdk/folders"
import { assert, describe, it } from "vitest"
import type { Checkpoint, CheckpointTensor } from "../src/Checkpoint.ts"
import { fewWeights, type PackingOptions, planOutputs, usualQuantization } from "../src/Packing.ts"

const spec = (name: string, kind: TensorSpec["kind"], columns: number): TensorSpec => ({ name, kind, rows: 8, columns })

const tensor = (own: TensorSpec, quantization?: Quantization): CheckpointTensor => ({
  spec: own,
  encoding: "",
  read: () => Promise.reject(new Error("nothing is read")),
  packed: quantization && { quantization, read: () => Promise.reject(new Error("nothing is read")) },
})

const plan = (tensors: ReadonlyArray<CheckpointTensor>, options: PackingOptions) =>
  // Of a checkpoint only its tensors are looked at.
  planOutputs({ tensors } as unknown as Checkpoint, options)

const shown = (tensors: ReadonlyArray<CheckpointTensor>, options: PackingOptions = {}) =>
  plan(tensors, options).map(({ packing, spec: { name } }) => {
    if (packing.kind === "float") return `${name} ${packing.dtype}`
    if (packing.kind === "outputs") return `${name} int8`
    return `${name} q${packing.quantization.bits}:${packing.quantization.blockSize}${packing.isKept ? " kept" : ""}`
  })

const embedding = spec("model.embed_tokens", "embedding", 96)
const wide = spec("wide", "matrix", 256)
const norm = spec("norm", "norm", 96)

describe("planOutputs", () => {
  it("gives each output of a layer a scale for int8, and the embedding blocks, whose rows are looked up", () => {
    const head = spec("lm_head", "matrix", 96)
    assert.deepStrictEqual(shown([tensor(embedding), tensor(wide), tensor(norm), tensor(head)], { dtype: "int8" }), [
      "model.embed_tokens q8:32",
      "wide int8",
      "norm F32",
      "lm_head int8",
    ])
  })

  it("takes blocks of the usual size, or as large as they may be below it", () => {
    assert.deepStrictEqual(shown([tensor(embedding), tensor(wide), tensor(norm)], { dtype: "q8" }), [
      "model.embed_tokens q8:32",
      "wide q8:32",
      "norm F32",
    ])
  })

  it("takes 8 bits for small models and for the embedding, and 4 for the layers of large ones", () => {
    const large = { ...wide, rows: fewWeights / wide.columns }
    assert.deepStrictEqual(shown([tensor(embedding), tensor(wide)]), ["model.embed_tokens q8:32", "wide q8:32"])
    assert.deepStrictEqual(shown([tensor(embedding), tensor(large)]), ["model.embed_tokens q8:32", "wide q4:32"])
    assert.deepStrictEqual(shown([tensor(embedding), tensor(wide)], { dtype: "q4" }), [
      "model.embed_tokens q8:32",
      "wide q4:32",
    ])
  })

  it("keeps 8 bits where the table says that 4 cost most, in q4-mixed", () => {
    const down = { ...spec("down", "matrix", 256), isSensitive: true } as const
    const tensors = [tensor(embedding), tensor(wide), tensor(down)]
    const mixed = ["model.embed_tokens q8:32", "wide q4:32", "down q8:32"]
    assert.deepStrictEqual(shown(tensors, { dtype: "q4-mixed" }), mixed)
    assert.deepStrictEqual(shown(tensors, { dtype: "q4-mixed", block: 32, embedding: "q4", head: "q4" }), [
      "model.embed_tokens q4:32",
      ...mixed.slice(1),
    ])
    assert.deepStrictEqual(shown(tensors, { dtype: "q4" }).at(-1), "down q4:32")
    const large = { ...wide, rows: fewWeights / wide.columns }
    assert.deepStrictEqual(shown([tensor(large), tensor(down)]), ["wide q4:32", "down q4:32"])
    // The mix is of a model; one matrix has one dtype.
    assert.throws(() => plan(tensors, { embedding: "q4-mixed" as "q4" }), "none of q4, q8, int8, f16, f32")
  })

  it("keeps what the source has packed in a layout of ours, unless another one is asked for", () => {
    const tensors = [tensor(embedding, { bits: 8, blockSize: 32 }), tensor(wide, { bits: 4, blockSize: 32 })]
    assert.deepStrictEqual(shown(tensors), ["model.embed_tokens q8:32 kept", "wide q4:32 kept"])
    assert.deepStrictEqual(shown(tensors, { dtype: "q4", embedding: "q4" }), [
      "model.embed_tokens q4:32",
      "wide q4:32 kept",
    ])
    assert.deepStrictEqual(shown(tensors, { dtype: "q4" }), ["model.embed_tokens q8:32 kept", "wide q4:32 kept"])
    assert.deepStrictEqual(shown(tensors, { embedding: "f16" }), ["model.embed_tokens F16", "wide q4:32 kept"])
    assert.deepStrictEqual(shown(tensors.slice(1), { dtype: "q4", block: 128 }), ["wide q4:128"])
  })

  it("adds an output head where it differs from the embedding that it is a copy of", () => {
    const tensors = [tensor(embedding), tensor(wide)]
    assert.deepStrictEqual(shown(tensors, { dtype: "q4", embedding: "q4", head: "q8" }), [
      "model.embed_tokens q4:32",
      "wide q4:32",
      "lm_head q8:32",
    ])
    assert.deepStrictEqual(shown(tensors, { dtype: "f16", head: "f16" }), ["model.embed_tokens F16", "wide F16"])
    const own = [...tensors, tensor(spec("lm_head", "matrix", 96))]
    assert.deepStrictEqual(shown(own, { dtype: "f32", head: "q8" }).at(-1), "lm_head q8:32")
    assert.deepStrictEqual(shown(own, { dtype: "f32", embedding: "q8" }).at(-1), "lm_head q8:32")
    assert.deepStrictEqual(shown(own, { dtype: "q4" }).at(-1), "lm_head q8:32")
  })

  it("refuses rows that no block divides", () => {
    const odd = [tensor(spec("odd", "matrix", 100))]
    assert.throws(() => plan(odd, {}), "Use f16 or f32.")
    assert.throws(() => plan([tensor(embedding)], { block: 64 }), "Use one of 32.")
    assert.deepStrictEqual(shown(odd, { dtype: "f16" }), ["odd F16"])
  })
})

describe("usualQuantization", () => {
  it("is that of most weights", () => {
    const tensors = [tensor(embedding, { bits: 8, blockSize: 32 }), tensor(wide)]
    assert.deepStrictEqual(usualQuantization(plan(tensors, { dtype: "q4" })), { bits: 4, blockSize: 32 })
    const plain = plan(tensors, { dtype: "f32", head: "q8" })
    assert.deepStrictEqual(usualQuantization(plain), { bits: 8, blockSize: 32 })
    assert.isUndefined(usualQuantization(plan(tensors, { dtype: "f32" })))
  })
})
