/** What GGUF files say of a model, and what damaged ones end in. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { isFacetError, ModelFileError, UnsupportedModelError } from "@facet/sdk/words"
import { type GgufEncoding, type GgufEntry, type GgufPlan, layOutGguf } from "@facet/sdk/folders"
import { assert, describe, it } from "vitest"
import { tries } from "../../../../test/campaign.ts"
import { convertModel, openCheckpoint, openGgufCheckpoint } from "../../src/index.ts"
import { rejection, withFolder } from "../fixtures/folders.ts"
import { seeded } from "../fixtures/seeded.ts"

type Entries = Readonly<Record<string, GgufEntry>>

const u32 = (value: number): GgufEntry => ({ type: "u32", value })
const f32 = (value: number): GgufEntry => ({ type: "f32", value })
const text = (value: string): GgufEntry => ({ type: "text", value })

const controls = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"]
const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`)
const words = ["▁", "a", "b", "ab", "▁ab"]
const pieces = [...controls, ...bytes, ...words]
const [width, inner, head] = [32, 32, 32]

const tokenizer: Entries = {
  "tokenizer.ggml.model": text("llama"),
  "tokenizer.ggml.tokens": { type: "texts", value: pieces },
  "tokenizer.ggml.scores": { type: "f32s", value: pieces.map((_, id) => -id) },
  "tokenizer.ggml.token_type": {
    type: "i32s",
    value: pieces.map((_, id) => (id < controls.length ? 3 : id < controls.length + 256 ? 6 : 1)),
  },
  "tokenizer.ggml.bos_token_id": u32(2),
  "tokenizer.ggml.eos_token_id": u32(1),
}

const metadataOf = (architecture: string, layers: number): Entries => ({
  "general.architecture": text(architecture),
  [`${architecture}.context_length`]: u32(64),
  [`${architecture}.embedding_length`]: u32(width),
  [`${architecture}.block_count`]: u32(layers),
  [`${architecture}.feed_forward_length`]: u32(inner),
  [`${architecture}.attention.head_count`]: u32(2),
  [`${architecture}.attention.head_count_kv`]: u32(1),
  [`${architecture}.attention.key_length`]: u32(head),
  [`${architecture}.attention.value_length`]: u32(head),
  [`${architecture}.attention.layer_norm_rms_epsilon`]: f32(1e-6),
  [`${architecture}.attention.sliding_window`]: u32(16),
  ...tokenizer,
})

function plansOf(architecture: string, layers: number, encoding: GgufEncoding = "F16"): Array<GgufPlan> {
  const matrix = (name: string, rows: number, columns: number): GgufPlan => ({
    name: `${name}.weight`,
    encoding,
    shape: [rows, columns],
  })
  const norm = (name: string, size = width): GgufPlan => ({ name: `${name}.weight`, encoding: "F32", shape: [size] })
  const layer = (own: string): ReadonlyArray<GgufPlan> => [
    ...["attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm"].map((name) => norm(own + name)),
    ...(architecture === "gemma3" ? ["attn_q_norm", "attn_k_norm"].map((name) => norm(own + name, head)) : []),
    matrix(`${own}attn_q`, 2 * head, width),
    matrix(`${own}attn_k`, head, width),
    matrix(`${own}attn_v`, head, width),
    matrix(`${own}attn_output`, width, 2 * head),
    matrix(`${own}ffn_gate`, inner, width),
    matrix(`${own}ffn_up`, inner, width),
    matrix(`${own}ffn_down`, width, inner),
  ]
  return [
    matrix("token_embd", pieces.length, width),
    norm("output_norm"),
    ...Array.from({ length: layers }, (_, at) => layer(`blk.${at}.`)).flat(),
  ]
}

/** A file whose weights are all ones, in whatever a byte of 0x3c makes of them. */
function fileOf(entries: Entries, plans: ReadonlyArray<GgufPlan>): Uint8Array {
  const { header, size } = layOutGguf(Object.entries(entries), plans)
  const file = new Uint8Array(size).fill(0x3c)
  file.set(header)
  return file
}

/** Opens a file of these, and closes it again. */
const openWith = (entries: Entries, plans: ReadonlyArray<GgufPlan>) =>
  withFolder(async (root) => {
    await writeFile(join(root, "x.gguf"), fileOf(entries, plans))
    return openGgufCheckpoint(join(root, "x.gguf"))
  })

const open2 = (changes: Entries = {}, layers = 2) =>
  openWith({ ...metadataOf("gemma2", layers), ...changes }, plansOf("gemma2", layers))
const open3 = (changes: Entries = {}, more: ReadonlyArray<GgufPlan> = [], layers = 6) =>
  openWith({ ...metadataOf("gemma3", layers), ...changes }, [...plansOf("gemma3", layers), ...more])

const without = (entries: Entries, key: string): Entries =>
  Object.fromEntries(Object.entries(entries).filter(([name]) => name !== key))

const jsonOf = (bytes: Uint8Array | undefined) => JSON.parse(new TextDecoder().decode(bytes))

describe("openGgufCheckpoint", () => {
  it("makes config.json of a Gemma 2's metadata, and llama.cpp's defaults of what it does not say", async () => {
    const { config, model } = await open2()
    assert.strictEqual(model.architecture.title, "Gemma 2")
    assert.deepStrictEqual(config, {
      architectures: ["Gemma2ForCausalLM"],
      model_type: "gemma2",
      max_position_embeddings: 64,
      hidden_size: 32,
      num_hidden_layers: 2,
      intermediate_size: 32,
      num_attention_heads: 2,
      num_key_value_heads: 1,
      head_dim: 32,
      // As it was written down, and not as an f32 has it.
      rms_norm_eps: 1e-6,
      query_pre_attn_scalar: 32,
      sliding_window: 16,
      attn_logit_softcapping: 50,
      final_logit_softcapping: 30,
      rope_theta: 10_000,
      vocab_size: pieces.length,
      tie_word_embeddings: true,
      bos_token_id: 2,
      eos_token_id: [1],
    })
    const own = await open2({
      "gemma2.attn_logit_softcapping": f32(20),
      "gemma2.final_logit_softcapping": f32(12.5),
      "tokenizer.ggml.eot_token_id": u32(5),
      "tokenizer.ggml.padding_token_id": u32(0),
    })
    assert.strictEqual(own.model.config.attnLogitSoftcap, 20)
    assert.strictEqual(own.model.config.finalLogitSoftcap, 12.5)
    assert.deepStrictEqual(own.model.config.eosIds, [1, 5])
    assert.strictEqual(own.config["pad_token_id"], 0)
  })

  it("knows by its layers the one Gemma that scales its scores otherwise", async () => {
    assert.strictEqual((await open2({}, 46)).model.config.queryPreAttnScalar, 16)
    assert.strictEqual((await open2({}, 45)).model.config.queryPreAttnScalar, 32)
    assert.strictEqual((await open3({}, [], 62)).model.config.queryPreAttnScalar, 16)
  })

  it("makes config.json of a Gemma 3's metadata, as llama.cpp and as Ollama write it", async () => {
    const { model } = await open3({ "gemma3.rope.freq_base": f32(1e6) })
    assert.deepStrictEqual(model.config.rotary, {
      full: { base: 1e6, factor: 1 },
      sliding: { base: 1e4, factor: 1 },
    })
    assert.deepStrictEqual(model.config.slidingLayers, [true, true, true, true, true, false])
    assert.isNull(model.config.finalLogitSoftcap)
    const stretched = await open3({
      "gemma3.rope.freq_base": f32(5e5),
      "gemma3.rope.freq_base_swa": f32(2e4),
      "gemma3.rope.scaling.type": text("linear"),
      "gemma3.rope.scaling.factor": f32(8),
      "gemma3.attention.sliding_window_pattern": u32(3),
      "gemma3.final_logit_softcapping": f32(30),
    })
    assert.deepStrictEqual(stretched.model.config.rotary, {
      full: { base: 5e5, factor: 8 },
      sliding: { base: 2e4, factor: 1 },
    })
    assert.deepStrictEqual(stretched.model.config.slidingLayers, [true, true, false, true, true, false])
    assert.strictEqual(stretched.model.config.finalLogitSoftcap, 30)
    const tower: GgufPlan = { name: "v.blk.0.attn_q.weight", encoding: "F16", shape: [4, 32] }
    const projector: GgufPlan = { name: "mm.mm_input_projection.weight", encoding: "F16", shape: [4, 32] }
    const ollama = await open3(
      {
        "gemma3.rope.global.freq_base": f32(1e6),
        "gemma3.rope.local.freq_base": f32(1e4),
        "gemma3.mm.tokens_per_image": u32(256),
      },
      [tower, projector],
    )
    assert.deepStrictEqual(ollama.model.config.rotary, {
      full: { base: 1e6, factor: 8 },
      sliding: { base: 1e4, factor: 1 },
    })
    assert.deepStrictEqual(ollama.leftOut, ["the vision tower"])
  })

  it("gives norms without the 1 that files add, and matrices as they are", async () => {
    const { tensors } = await withFolder(async (root) => {
      const path = join(root, "x.gguf")
      await writeFile(path, fileOf(metadataOf("gemma2", 2), plansOf("gemma2", 2)))
      const checkpoint = await openGgufCheckpoint(path)
      const norm = checkpoint.tensors.find(({ spec }) => spec.name === "model.norm")!
      const word = new Float32Array(Uint8Array.of(0x3c, 0x3c, 0x3c, 0x3c).buffer)[0]!
      assert.deepStrictEqual(
        [...(await norm.read(0, 1))],
        Array.from({ length: width }, () => Math.fround(word - 1)),
      )
      const [embedding] = checkpoint.tensors
      assert.deepStrictEqual([...(await embedding!.read(3, 2))].slice(0, 3), [1.05859375, 1.05859375, 1.05859375])
      return checkpoint
    })
    assert.strictEqual(tensors.length, 2 + 2 * 11)
  })

  it("leaves out a head that is the embedding's copy, and keeps one that is not", async () => {
    const output: GgufPlan = { name: "output.weight", encoding: "F16", shape: [pieces.length, width] }
    assert.isUndefined((await open3({}, [output])).tensors.find(({ spec }) => spec.name === "lm_head"))
    const own = await open3({}, [{ ...output, encoding: "Q8_0" }])
    assert.strictEqual(own.tensors.at(-1)?.spec.name, "lm_head")
    assert.isFalse(own.model.config.isTied)
  })

  it("gives rows of Q4_0 and Q8_0 as they are packed, and refuses a scale that is no number", () =>
    withFolder(async (root) => {
      const path = join(root, "x.gguf")
      const plans = plansOf("gemma2", 2, "Q8_0")
      const file = fileOf(metadataOf("gemma2", 2), plans)
      await writeFile(path, file)
      const [embedding] = (await openGgufCheckpoint(path)).tensors
      assert.deepStrictEqual(embedding!.packed!.quantization, { bits: 8, blockSize: 32 })
      const { data, scales } = await embedding!.packed!.read(1, 2)
      assert.deepStrictEqual([data.length, [...scales], data[0]], [64, [1.05859375, 1.05859375], 0x3c ^ 0x80])
      // The first block's scale becomes an f16 that is no number.
      file.set(
        [0xff, 0x7f],
        layOutGguf(Object.entries(metadataOf("gemma2", 2)), plans).offsets.get("token_embd.weight"),
      )
      await writeFile(path, file)
      const [broken] = (await openGgufCheckpoint(path)).tensors
      assert.match(String(await rejection(broken!.packed!.read(0, 1))), /token_embd.weight has the scale NaN/)
      assert.instanceOf(await rejection(convertModel(path, join(root, "out"))), ModelFileError)
      assert.deepStrictEqual(await readdir(root), ["x.gguf"])
    }))

  it("makes the tokenizer's files: the chat template, and no way for a text to spell what a chat is made of", async () => {
    // Files of early converters give these the type of what users defined.
    const types = pieces.map((_, id) => (id === 4 || id === 5 ? 4 : id < 6 ? 3 : id < 262 ? 6 : 1))
    const { texts } = await open2({
      "tokenizer.ggml.token_type": { type: "i32s", value: types },
      "tokenizer.chat_template": text("{{ bos_token }}<start_of_turn>{{ messages[0].content }}<end_of_turn>"),
    })
    assert.deepStrictEqual([...texts.keys()], ["tokenizer.json", "tokenizer_config.json"])
    const json = jsonOf(texts.get("tokenizer.json"))
    assert.deepStrictEqual(json.model.merges, [
      ["a", "b"],
      ["▁", "ab"],
    ])
    for (const { special } of json.added_tokens) assert.isTrue(special)
    assert.deepStrictEqual(
      json.added_tokens.map(({ content }: { content: string }) => content),
      controls,
    )
    const config = jsonOf(texts.get("tokenizer_config.json"))
    assert.strictEqual(config.chat_template, "{{ bos_token }}<start_of_turn>{{ messages[0].content }}<end_of_turn>")
    assert.strictEqual(config.bos_token, "<bos>")
    assert.isUndefined(jsonOf((await open2()).texts.get("tokenizer_config.json")).chat_template)
  })

  it("tells what it cannot do as the file asks, and what unpacking costs", async () => {
    assert.deepStrictEqual((await open2()).warnings, [])
    const { warnings } = await open2({ "tokenizer.ggml.add_bos_token": { type: "bool", value: false } })
    assert.match(warnings.join(), /without <bos> in front; Facet puts it there/)
    const plans = plansOf("gemma2", 2).map((plan) =>
      /attn_q|attn_k/.test(plan.name) ? { ...plan, encoding: "Q5_1" as const } : plan,
    )
    const packed = await openWith(metadataOf("gemma2", 2), plans)
    assert.match(packed.warnings.join(), /^4 matrices are in Q5_1, which Facet unpacks and packs anew/)
  })

  const two = metadataOf("gemma2", 2)
  const plans = plansOf("gemma2", 2)
  it.each<readonly [string, Entries, ReadonlyArray<GgufPlan>, RegExp]>([
    [
      "no architecture",
      without(two, "general.architecture"),
      plans,
      /does not say its architecture.*Gemma 2 \(gemma2\)/,
    ],
    [
      "one of several files",
      { ...two, "split.count": u32(3) },
      plans,
      /one of 3 files.*not called as one of 3.*llama-gguf-split --merge/,
    ],
    ["another tokenizer", { ...two, "tokenizer.ggml.model": text("gpt2") }, plans, /of the kind "gpt2"/],
    ["no tokenizer", without(two, "tokenizer.ggml.model"), plans, /of the kind null/],
    [
      "a piece that no vocabulary has",
      { ...two, "tokenizer.ggml.tokens": { type: "texts", value: ["a".repeat(1e6)] } },
      plans,
      /a piece of 1000000 characters/,
    ],
    ["no scores", without(two, "tokenizer.ggml.scores"), plans, /scores is not a list of 267 numbers/],
    [
      "a space before every text",
      { ...two, "tokenizer.ggml.add_space_prefix": { type: "bool", value: true } },
      plans,
      /puts a space before every text/,
    ],
    ["no width", without(two, "gemma2.embedding_length"), plans, /"gemma2.embedding_length" is missing/],
    ["no layers", { ...two, "gemma2.block_count": u32(0) }, plans, /"gemma2.block_count" is 0/],
    ["2^32 layers", { ...two, "gemma2.block_count": u32(2 ** 32 - 1) }, plans, /"num_hidden_layers" is 4294967295/],
    ["values of another width", { ...two, "gemma2.attention.value_length": u32(64) }, plans, /attention.value_length/],
    [
      "a bos beyond the vocabulary",
      { ...two, "tokenizer.ggml.bos_token_id": u32(9999) },
      plans,
      /bos_token_id" is 9999/,
    ],
    ["a tensor too few", two, plans.slice(0, -1), /blk.1.ffn_down.weight is missing/],
    ["no embedding", two, plans.slice(1), /token_embd.weight is missing/],
    [
      "a tensor too many",
      two,
      [...plans, { name: "blk.0.attn_q.bias", encoding: "F32", shape: [64] }],
      /attn_q.bias is none/,
    ],
    [
      "another shape",
      { ...two, "gemma2.feed_forward_length": u32(64) },
      plans,
      /ffn_gate.weight is \[32, 32\].*\[64, 32\]/,
    ],
  ])("refuses a file with %s", async (_, entries, own, said) => {
    const error = await rejection(openWith(entries, own))
    assert.instanceOf(error, ModelFileError)
    assert.match(String(error), said)
  })

  it("refuses other architectures by their names", async () => {
    const error = await rejection(openWith({ ...two, "general.architecture": text("llama") }, plans))
    assert.instanceOf(error, UnsupportedModelError)
    assert.match(String(error), /holds a llama.*It runs Gemma 2 \(gemma2\), Gemma 3 \(gemma3\)/)
  })

  it("refuses a path that leads nowhere", async () => {
    assert.instanceOf(await rejection(openCheckpoint("/nowhere/at/all.gguf")), ModelFileError)
  })

  it(
    "ends random changes in a checkpoint or a typed error",
    () =>
      withFolder(async (root) => {
        const whole = await readFile(fileURLToPath(new URL("models/gemma2-q8_0.gguf", import.meta.url)))
        const path = join(root, "x.gguf")
        const random = seeded(5)
        const below = (n: number): number => Math.floor(random() * n)
        let refused = 0
        for (let i = 0; i < tries(400, 30_000); i++) {
          const changed = Buffer.from(whole)
          // Up to the weights, where all that is checked stands.
          for (let flips = 1 + below(3); flips > 0; flips--) changed[below(14_000)] = below(256)
          await writeFile(path, random() < 0.1 ? changed.subarray(0, below(changed.length)) : changed)
          const error = await rejection(openAll(path))
          if (error === undefined) continue
          refused++
          if (!isFacetError(error)) throw new Error(`change ${i}`, { cause: error })
        }
        assert.isAbove(refused, 100)
      }),
    60_000,
  )

  it(
    "writes nothing outside its target, whatever becomes of a file that is converted",
    () =>
      withFolder(async (root) => {
        const whole = await readFile(fileURLToPath(new URL("models/gemma2-q8_0.gguf", import.meta.url)))
        const [path, out] = [join(root, "x.gguf"), join(root, "out")]
        const random = seeded(6)
        await mkdir(out)
        for (let i = 0; i < tries(30, 2000); i++) {
          const changed = Buffer.from(whole)
          for (let flips = 0; flips < 20; flips++)
            changed[Math.floor(random() * whole.length)] = Math.floor(random() * 256)
          await writeFile(path, changed)
          const error = await rejection(
            convertModel(path, join(out, i % 2 === 0 ? "folder" : "y.gguf"), { dtype: "f32" }),
          )
          if (error !== undefined && !isFacetError(error)) throw new Error(`change ${i}`, { cause: error })
          assert.deepStrictEqual((await readdir(root)).toSorted(), ["out", "x.gguf"])
          assert.includeMembers(["folder", "y.gguf"], await readdir(out))
        }
      }),
    60_000,
  )
})

/** Opens a file, makes its texts, and reads every tensor. */
async function openAll(path: string): Promise<void> {
  const { tensors, texts } = await openGgufCheckpoint(path)
  assert.strictEqual(texts.size, 2)
  for (const { packed, read, spec } of tensors) {
    await read(0, spec.rows)
    await packed?.read(0, spec.rows)
  }
}
