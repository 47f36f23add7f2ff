/** Facet computes with a Gemma 3 what `transformers` computes: small random models, in all that files may be. */
import { convertModel } from "@facet/checkpoint"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { readModel } from "../../src/architectures/readModel.ts"
import { chunkLength } from "../../src/engine/Reuse.ts"
import { argmax } from "../../src/engine/Logprobs.ts"
import { OpenModel } from "../../src/engine/OpenModel.ts"
import { openFolder } from "../../src/files/disk/openFolder.node.ts"
import { Facet, ModelFileError, type Site } from "../../src/index.ts"
import { Interlock } from "../../src/runtime/Interlock.ts"
import { makeNodeRuntime } from "../../src/runtime/NodeRuntime.node.ts"
import { failureOf } from "../fixtures/failure.ts"
import { folderOf } from "../fixtures/folderOf.ts"
import { readGemma3Goldens, readGemma3Tensors, writeGemma3 } from "../fixtures/gemma3.ts"
import { closeness, furthest, largest, rowsAt, run, tensor } from "../fixtures/parity.ts"

const goldens = await readGemma3Goldens()
const [plain] = goldens
if (plain === undefined) throw new Error("there are no goldens")
const sites: ReadonlyArray<Site> = plain.sites

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "facet-gemma3-"))
})
afterAll(() => rm(root, { recursive: true }))

const open = async (folder: string, attention: "fused" | "decomposed" = "fused") => {
  const operators = { attention, multiplication: "f32", rounding: "row" } as const
  const runtime = makeNodeRuntime({ interlock: new Interlock(), operators })
  const files = await openFolder(folder)
  return OpenModel.open({ files, runtime, heads: ["vocabulary"], cacheBytes: 0 }, sites, () => {})
}

describe.each(goldens)("a random Gemma 3, $name", (golden) => {
  it.each([
    ["F32", "fused"],
    ["F16", "fused"],
    ["BF16", "fused"],
    ["BF16", "decomposed"],
  ] as const)("has transformers' logits within 1e-3 and activations within 1e-4: %s, %s", async (dtype, attention) => {
    const { config, ids, positions } = golden
    const model = await open(await writeGemma3(join(root, `${golden.name}-${dtype}`), { config, dtype }), attention)
    const expected = await readGemma3Tensors(golden.file)
    for (const length of [ids.length, chunkLength]) {
      const own = await run(model, ids, length, sites)
      const logits = rowsAt(own.logits, positions, model.config.vocabSize)
      assert.isBelow(furthest(logits, tensor(expected, "logits")), 1e-3)
      for (const { key } of golden.sites) {
        const values = tensor(expected, key)
        const found = rowsAt(own.taps.get(key) ?? new Float32Array(), positions, values.length / positions.length)
        assert.isBelow(furthest(found, values) / largest(values), 1e-4, key)
      }
    }
    const sequence = model.newSequence()
    let { logits } = await model.forward(sequence, ids, { rows: [ids.length - 1] })
    for (const next of golden.greedy) {
      assert.strictEqual(argmax(logits), next)
      logits = (await model.forward(sequence, [next], { rows: [0] })).logits
    }
    await model.release()
  })
})

describe("a Gemma 3's files", () => {
  const shapeOf = async (config: object) => {
    await using files = await folderOf({ "config.json": config })
    return (await readModel(files)).config
  }

  it("may leave out all that the class has a default for, as Google's do", async () => {
    // google/gemma-3-4b-it's, as published.
    const config = {
      architectures: ["Gemma3ForConditionalGeneration"],
      eos_token_id: [1, 106],
      model_type: "gemma3",
      text_config: {
        hidden_size: 2560,
        intermediate_size: 10240,
        model_type: "gemma3_text",
        num_hidden_layers: 34,
        rope_scaling: { factor: 8.0, rope_type: "linear" },
        sliding_window: 1024,
      },
      vision_config: { hidden_size: 1152 },
    }
    assert.deepEqual(await shapeOf(config), {
      vocabSize: 262_208,
      hiddenSize: 2560,
      layers: 34,
      intermediateSize: 10240,
      heads: 8,
      kvHeads: 4,
      headDim: 256,
      queryPreAttnScalar: 256,
      slidingWindow: 1024,
      attnLogitSoftcap: null,
      finalLogitSoftcap: null,
      rotary: { full: { base: 1_000_000, factor: 8 }, sliding: { base: 10_000, factor: 1 } },
      rmsNormEps: 1e-6,
      contextLength: 131_072,
      slidingLayers: Array.from({ length: 34 }, (_, layer) => layer % 6 !== 5),
      bosId: 2,
      isTied: true,
      eosIds: [1, 106],
      quantization: null,
      guardWindow: null,
      shieldSpelling: null,
    })
  })

  it("spell the rotary embedding as transformers 4 or 5 do", async () => {
    const text = { architectures: ["Gemma3ForCausalLM"], model_type: "gemma3_text" }
    const older = { rope_theta: 500_000, rope_local_base_freq: 5_000, rope_scaling: { type: "linear", factor: 2 } }
    const newer = {
      rope_parameters: {
        full_attention: { rope_type: "linear", rope_theta: 500_000, factor: 2 },
        sliding_attention: { rope_type: "default", rope_theta: 5_000 },
      },
    }
    const { rotary } = await shapeOf({ ...text, ...older })
    assert.deepEqual(rotary, { full: { base: 500_000, factor: 2 }, sliding: { base: 5_000, factor: 1 } })
    assert.deepEqual((await shapeOf({ ...text, ...newer })).rotary, rotary)
    const wrong = await failureOf(shapeOf({ ...text, rope_scaling: { rope_type: "yarn", factor: 2 } }))
    assert.instanceOf(wrong, ModelFileError)
    assert.include(String(wrong), '"rope_scaling.rope_type" is "yarn"')
  })

  it.each([
    ["use_bidirectional_attention", true],
    ["attn_logit_softcapping", 50],
  ])("are refused when %s is %s, which would compute something else", async (field, value) => {
    const error = await failureOf(shapeOf({ architectures: ["Gemma3ForCausalLM"], [field]: value }))
    assert.instanceOf(error, ModelFileError)
    assert.include(String(error), `"${field}"`)
  })

  it.each([
    [
      "as the Hub has them",
      (name: string) => `language_model.${name}`,
      ["vision_tower.a.weight", "multi_modal_projector.b"],
    ],
    [
      "as transformers 5 saves them",
      (name: string) => name.replace("model.", "model.language_model."),
      ["model.vision_tower.a.weight"],
    ],
    ["of the bare text model", (name: string) => name.replace("model.", ""), []],
  ])("may be part of a multimodal checkpoint, %s", async (_, rename, more) => {
    const { architectures: __, ...text_config } = plain.config
    const config = { architectures: ["Gemma3ForConditionalGeneration"], model_type: "gemma3", text_config }
    const folder = await writeGemma3(join(root, `multimodal-${more.length}`), { config, rename, more })
    await using facet = await Facet.open({ model: folder })
    assert.strictEqual(facet.architecture, "Gemma 3")
    assert.deepEqual(facet.leftOut, more.length > 0 ? ["the vision tower"] : [])
    const { finishReason, text } = await facet.generate("ab ab", { maxTokens: 4 })
    assert.isString(text)
    assert.include(["length", "stop"], finishReason)
  })
})

describe("an open Gemma 3", () => {
  it("ends a turn with its tokenizer's own token, and never with that of Gemma 2", async () => {
    const model = await open(await writeGemma3(join(root, "ends"), { config: plain.config }))
    assert.deepEqual(
      [...model.endIds].toSorted((a, b) => a - b),
      [1, 106],
    )
    await model.release()
    await using facet = await Facet.open({ model: join(root, "ends") })
    const bias = { temperature: 0, maxTokens: 3 } as const
    assert.strictEqual((await facet.generate("a", { ...bias, logitBias: { 106: 100 } })).finishReason, "stop")
    assert.strictEqual((await facet.generate("a", { ...bias, logitBias: { 107: 100 } })).finishReason, "length")
  })

  it("is generated with, scored, embedded and traced as any other", async () => {
    await using facet = await Facet.open({ model: await writeGemma3(join(root, "whole"), { config: plain.config }) })
    const { text } = await facet.generate([{ role: "user", content: "ab a b" }], { maxTokens: 6, logprobs: 2 })
    assert.isString(text)
    assert.isAbove((await facet.score("ab ab ab")).perplexity ?? 0, 1)
    const { embedding } = await facet.embed("ab ab")
    assert.strictEqual(embedding.length, 32)
    for (const site of ["resid_post", "attn_z", "mlp_out"]) {
      const trace = await facet.inspect("ab ab", { layer: 3, site, topK: 0, activations: true })
      assert.strictEqual(trace.activations?.length, trace.tokens.length * (site === "attn_z" ? 64 : 32))
    }
  })

  it("is no judge", async () => {
    const folder = await writeGemma3(join(root, "judge"), { config: plain.config })
    const error = await failureOf(Facet.open({ shield: folder }))
    assert.instanceOf(error, ModelFileError)
    assert.include(String(error), "ShieldGemma")
  })

  it("stays close to itself in blocks of 8 bits", async () => {
    const exact = await open(await writeGemma3(join(root, "exact"), { config: plain.config }))
    await convertModel(join(root, "exact"), join(root, "q8"), { dtype: "q8", block: 32 })
    const quantised = await open(join(root, "q8"))
    const rows = {
      exact: (await run(exact, plain.ids, chunkLength, [])).logits,
      other: (await run(quantised, plain.ids, chunkLength, [])).logits,
    }
    const { agreement, divergence } = closeness([rows], exact.config.vocabSize)
    assert.isAtLeast(agreement, 0.9)
    assert.isAtMost(divergence, 0.01)
    await Promise.all([exact.release(), quantised.release()])
  })
})
