/** Tokenizer folders that are broken, or not of Gemma's kind; and how chat templates are found. */
import { assert, describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { gemma2 } from "../../src/architectures/gemma2.ts"
import { renderChat } from "../../src/tokenizer/ChatTemplate.ts"
import { whole } from "../../src/words/Sliced.ts"
import { openTokenizer } from "../../src/tokenizer/Tokenizer.ts"
import { folderOf } from "../fixtures/folderOf.ts"
import { readTokenizerJson } from "../fixtures/readTokenizerJson.ts"
import { spellJson } from "../fixtures/spellJson.ts"
import { seededUniform } from "../uniform.ts"
import { tries } from "../../../../test/campaign.ts"

const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`)
const control = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"]
const pieces = [...control, ...bytes, "\n", "▁", "a", "b", "ab", "▁a", "▁ab", "b▁"]
const vocab = Object.fromEntries(pieces.map((piece, id) => [piece, id]))
const merges = ["a b", "▁ a", "▁ ab"]

/** A complete tokenizer of Gemma's kind in a few hundred pieces. */
const small = {
  version: "1.0",
  added_tokens: [...control, "\n"].map((content) => ({ content, id: vocab[content], special: content !== "\n" })),
  normalizer: { type: "Replace", pattern: { String: " " }, content: "▁" },
  pre_tokenizer: null,
  post_processor: null,
  decoder: null,
  model: { type: "BPE", byte_fallback: true, ignore_merges: false, unk_token: "<unk>", vocab, merges },
}

const open = async (json: string | object, more: Record<string, string | object> = {}, vocabSize = pieces.length) => {
  await using files = await folderOf({ "tokenizer.json": json, ...more })
  return await openTokenizer(files, { vocabSize, template: gemma2.template })
}

const named = (ids: ReadonlyArray<number>) => ids.map((id) => pieces[id])

describe("openTokenizer", () => {
  it("needs nothing but tokenizer.json", async () => {
    const tokenizer = await open(small)
    expect(named(tokenizer.encodePlain("ab ab b"))).toEqual(["ab", "▁ab", "▁", "b"])
  })

  it("takes merges in transformers 5's form", async () => {
    const pairs = merges.map((merge) => merge.split(" "))
    const tokenizer = await open({ ...small, model: { ...small.model, merges: pairs } })
    expect(named(tokenizer.encodePlain("ab ab"))).toEqual(["ab", "▁ab"])
  })

  it("runs BPE on the whole text when merges reach over the start of a word", async () => {
    const tokenizer = await open({ ...small, model: { ...small.model, merges: ["b ▁", ...merges] } })
    expect(named(tokenizer.encodePlain("ab ab"))).toEqual(["a", "b▁", "ab"])
  })

  const { "<0xE2>": _, ...withoutByte } = vocab
  it.each<[string, string | object, string]>([
    ["is cut off", JSON.stringify(small).slice(0, 500), "not valid JSON"],
    ["has no model", { ...small, model: undefined }, "has no vocab and merges"],
    ["is WordPiece", { ...small, model: { type: "WordPiece", vocab } }, "has no vocab and merges"],
    ["has no byte fallback", { ...small, model: { ...small.model, byte_fallback: false } }, "no byte fallback"],
    ["ignores merges", { ...small, model: { ...small.model, ignore_merges: true } }, "ignores merges"],
    ["does not normalise spaces", { ...small, normalizer: null }, "normalizer"],
    ["has no added tokens", { ...small, added_tokens: undefined }, "added_tokens"],
    ["has a broken added token", { ...small, added_tokens: [{ content: "<x>" }] }, "has no content and id"],
    ["has a broken id", { ...small, model: { ...small.model, vocab: { ...vocab, c: -1 } } }, "the id -1"],
    ["has a broken merge", { ...small, model: { ...small.model, merges: ["ab"] } }, 'the merge "ab" is not two pieces'],
    [
      "merges what it lacks",
      { ...small, model: { ...small.model, merges: ["a b", ["a", "c"]] } },
      'the merge ["a","c"] is of pieces that the vocab lacks',
    ],
    [
      "makes what it lacks",
      { ...small, model: { ...small.model, merges: ["b a"] } },
      'the merge "b a" makes a piece that the vocab lacks',
    ],
    ["has an id that is no number", { ...small, model: { ...small.model, vocab: { ...vocab, c: [] } } }, "the id []"],
    ["has no object for a vocab", { ...small, model: { ...small.model, vocab: [] } }, "has no vocab and merges"],
    ["is a list", [small], "holds no JSON object"],
    ["is a pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS pointer"],
    ["lacks a byte", { ...small, model: { ...small.model, vocab: withoutByte } }, "the byte token <0xE2> is missing"],
    [
      "merges text into a control token",
      { ...small, model: { ...small.model, merges: [...merges, "<b os>"] } },
      "a merge makes <bos>",
    ],
  ])("refuses a tokenizer.json that %s", async (_, json, problem) => {
    await expect(open(json)).rejects.toMatchObject({
      _tag: "ModelFileError",
      file: expect.stringMatching(/tokenizer\.json$/),
      problem: expect.stringContaining(problem),
    })
  })

  const Seed = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 2 ** 30 }))
  const Words = Schema.Array(Schema.Array(Schema.Literals(["a", "b", "▁", "é", "😀", '"', "\\", "/", "\0", "<", " "])))

  it.prop(
    "reads any spelling of a file as JSON.parse does",
    { words: Words, seed: Seed },
    ({ seed, words }) => {
      const random = seededUniform(seed)
      const characters = [...new Set(words.flat()), "a", "b", "__proto__", "7"]
      const made = words.map((word) => word.join("")).filter((word) => word !== "")
      const all = [...new Set([...control, ...bytes, ...characters, ...made])]
      const ids = new Map(all.map((piece, i) => [piece, all.length - i]))
      const splits = made.flatMap((word) =>
        Array.from(word, (_, at): [string, string] => [word.slice(0, at), word.slice(at)]),
      )
      const pairs = splits.filter(([left, right]) => ids.has(left) && ids.has(right))
      const merges = pairs.map(([left, right]) =>
        random() < 0.5 || `${left}${right}`.includes(" ") ? [left, right] : `${left} ${right}`,
      )
      const model = { ...small.model, vocab: Object.fromEntries(ids), merges }
      const text = spellJson({ ...small, added_tokens: [], model }, random)
      const { model: parsed } = JSON.parse(text)
      const read = readTokenizerJson(new TextEncoder().encode(text), 10_000)
      const vocab = new Map<string, number>(Object.entries(parsed.vocab))
      assert.deepStrictEqual(vocab, new Map([...ids].map(([piece]) => [piece, read.vocabulary.idOf(piece)])))
      for (const [piece, id] of vocab) assert.strictEqual(read.vocabulary.pieceOf(id), piece)
      assert.strictEqual(read.vocabSize, all.length + 1)
      assert.strictEqual(read.longestPiece, Math.max(...all.map((piece) => piece.length)))
      const ranks = new Map(pairs.map((pair, rank) => [pair.join("\n"), rank]))
      for (const left of new Set([...characters, ...made])) {
        for (const right of characters) {
          const rank = ranks.get(`${left}\n${right}`) ?? -1
          assert.strictEqual(read.merges.rank(ids.get(left)!, ids.get(right)!), rank)
          if (rank >= 0) assert.strictEqual(read.merges.made(rank), ids.get(left + right))
        }
      }
    },
    { arbitrary: { runs: tries(40) } },
  )

  it("refuses more tokens than the model has", async () => {
    await expect(open(small, {}, 100)).rejects.toMatchObject({
      _tag: "ModelFileError",
      problem: `it has ${pieces.length} tokens, and config.json's vocab_size is 100`,
    })
  })

  it("says when tokenizer.json is missing", async () => {
    await using files = await folderOf({})
    await expect(openTokenizer(files, { vocabSize: 1, template: gemma2.template })).rejects.toMatchObject({
      _tag: "ModelFileError",
      problem: "missing",
    })
  })
})

it("takes a normalizer that is a sequence of the one", async () => {
  const sequence = { type: "Sequence", normalizers: [small.normalizer] }
  const tokenizer = await open({ ...small, normalizer: sequence })
  expect(named(tokenizer.encodePlain("ab ab"))).toEqual(["ab", "▁ab"])
})

describe("chat templates", () => {
  const template = (word: string) => `{{ bos_token }}{% for m in messages %}${word}{{ m['content'] }}{% endfor %}`
  const render = async (more: Record<string, string | object>) => {
    const tokenizer = await open(small, more)
    return named(whole(renderChat(tokenizer, [{ role: "user", content: "b" }], "closed")))
  }

  it("are Gemma 2's where the folder has none", async () => {
    const tokens = await render({ "tokenizer_config.json": {} })
    expect([tokens[0], tokens[1], tokens.at(-2), tokens.at(-1)]).toEqual([
      "<bos>",
      "<start_of_turn>",
      "<end_of_turn>",
      "\n",
    ])
  })

  it("come from tokenizer_config.json, alone or as the default of several, or from a file of their own", async () => {
    expect(await render({ "tokenizer_config.json": { chat_template: template("a") } })).toEqual(["<bos>", "ab"])
    const several = [
      { name: "tools", template: template("b") },
      { name: "default", template: template(" a") },
    ]
    expect(await render({ "tokenizer_config.json": { chat_template: several } })).toEqual(["<bos>", "▁ab"])
    const both = { "tokenizer_config.json": { chat_template: template("a") }, "chat_template.jinja": template("aa") }
    expect(await render(both)).toEqual(["<bos>", "a", "ab"])
  })

  it.each([
    ["is no template", 7, "neither a template"],
    ["has no default", [], "neither a template"],
    ["does not parse", "{% for %}", "the chat template failed"],
    ["refuses the messages", "{{ raise_exception('no users') }}", "the chat template failed: no users"],
    ["leaves a message out", "{{ bos_token }}", "does not write every message once"],
    ["repeats a message", template("{{ m['content'] }}"), "does not write every message once"],
  ])("are refused when one %s", async (_, source, problem) => {
    await expect(render({ "tokenizer_config.json": { chat_template: source } })).rejects.toMatchObject({
      _tag: "ModelFileError",
      file: expect.stringMatching(/tokenizer_config\.json$/),
      problem: expect.stringContaining(problem),
    })
  })
})
