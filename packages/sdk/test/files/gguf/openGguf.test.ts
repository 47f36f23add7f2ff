import { assert, describe, it } from "@effect/vitest"
import { tries } from "../../../../../test/campaign.ts"
import { type GgufEntry, type GgufPlan, layOutGguf } from "../../../src/files/gguf/layOutGguf.ts"
import { type GgufTensor, openGguf } from "../../../src/files/gguf/openGguf.ts"
import { ModelFileError } from "../../../src/words/Errors.ts"
import { memoryFiles } from "../../fixtures/memoryFiles.ts"
import { type Random, randomFrom } from "../../fixtures/random.ts"

const metadata: ReadonlyArray<readonly [string, GgufEntry]> = [
  ["general.architecture", { type: "text", value: "gemma2" }],
  ["gemma2.block_count", { type: "u32", value: 26 }],
  ["gemma2.attn_logit_softcapping", { type: "f32", value: 50 }],
  ["tokenizer.ggml.add_bos_token", { type: "bool", value: true }],
  ["tokenizer.ggml.tokens", { type: "texts", value: ["<pad>", "▁fox", "\uFEFF", "🦊"] }],
  ["tokenizer.ggml.scores", { type: "f32s", value: [-1000, 0, -1, -2] }],
  ["tokenizer.ggml.token_type", { type: "i32s", value: [3, 1, 1, 1] }],
]

const plans: ReadonlyArray<GgufPlan> = [
  { name: "token_embd.weight", encoding: "Q4_0", shape: [3, 64] },
  { name: "output_norm.weight", encoding: "F32", shape: [3] },
  { name: "blk.0.attn_q.weight", encoding: "Q6_K", shape: [2, 256] },
]

/** A whole file, its weights zeros. */
function gguf(entries = metadata, tensors = plans): Uint8Array {
  const { header, size } = layOutGguf(entries, tensors)
  const file = new Uint8Array(size)
  file.set(header)
  return file
}

const open = (file: Uint8Array) => openGguf(memoryFiles({ "x.gguf": file }), "x.gguf")

/** The message of the typed error that a file is refused with. */
async function refusal(file: Uint8Array): Promise<string> {
  try {
    await open(file)
  } catch (cause) {
    assert.instanceOf(cause, ModelFileError)
    return cause.message
  }
  throw new Error("the file was accepted")
}

/** The file with some bytes changed, where `before` ends. */
function changed(before: string, bytes: ReadonlyArray<number>, file = gguf()): Uint8Array {
  const at = Buffer.from(file.buffer).indexOf(before)
  assert.isAtLeast(at, 0, before)
  file.set(bytes, at + Buffer.byteLength(before))
  return file
}

const u64 = (value: bigint): ReadonlyArray<number> => [...new Uint8Array(BigUint64Array.of(value).buffer)]

describe("openGguf", () => {
  it("reads what was laid out: metadata of every type, and where tensors lie", async () => {
    const { metadata: read, tensors, version } = await open(gguf())
    assert.strictEqual(version, 3)
    assert.deepStrictEqual(read.get("general.architecture"), "gemma2")
    assert.deepStrictEqual(read.get("gemma2.block_count"), 26)
    assert.deepStrictEqual(read.get("gemma2.attn_logit_softcapping"), 50)
    assert.deepStrictEqual(read.get("tokenizer.ggml.add_bos_token"), true)
    assert.deepStrictEqual(read.get("tokenizer.ggml.tokens"), ["<pad>", "▁fox", "\uFEFF", "🦊"])
    assert.deepStrictEqual(read.get("tokenizer.ggml.scores"), Float64Array.of(-1000, 0, -1, -2))
    assert.deepStrictEqual(read.get("tokenizer.ggml.token_type"), Float64Array.of(3, 1, 1, 1))
    const { offsets } = layOutGguf(metadata, plans)
    assert.deepStrictEqual<ReadonlyArray<GgufTensor>>(
      [...tensors.values()],
      [
        { name: "token_embd.weight", encoding: "Q4_0" as const, shape: [3, 64], length: 3 * 2 * 18 },
        { name: "output_norm.weight", encoding: "F32" as const, shape: [3], length: 12 },
        { name: "blk.0.attn_q.weight", encoding: "Q6_K" as const, shape: [2, 256], length: 2 * 210 },
      ].map((tensor) => ({ ...tensor, file: "x.gguf", offset: offsets.get(tensor.name)! })),
    )
    for (const { offset } of tensors.values()) assert.strictEqual(offset % 32, 0)
  })

  it("reads version 2, which says the same", async () => {
    const file = changed("GGUF", [2])
    const { tensors, version } = await open(file)
    assert.strictEqual(version, 2)
    assert.strictEqual(tensors.size, 3)
  })

  it("reads a header that is longer than one fetch, and of the file no more than that", async () => {
    const words = Array.from({ length: 300_000 }, (_, id) => `▁word${id}`)
    const file = gguf(
      [...metadata, ["long", { type: "texts", value: words }]],
      [...plans, { name: "large.weight", encoding: "F32", shape: [4096, 1024] }],
    )
    const files = memoryFiles({ "x.gguf": file })
    const { metadata: read } = await openGguf(files, "x.gguf")
    assert.deepStrictEqual(read.get("long"), words)
    assert.isBelow(files.read.bytes, file.length - 4096 * 1024 * 4 + 2_500_000)
  })

  it.each([
    ["another file", new TextEncoder().encode("{".padEnd(64)), /no GGUF file/],
    [
      "a Git LFS pointer",
      new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\noid sha256:0"),
      /git lfs pull/,
    ],
    ["an empty file", new Uint8Array(0), /truncated: it has 0 bytes/],
    ["version 1", changed("GGUF", [1]), /of version 1 .* reads 2 and 3/],
    ["version 9", changed("GGUF", [9]), /of version 9/],
    ["a file for big-endian machines", changed("GGUF", [0, 0, 0, 3]), /big endian/],
    ["a claim of 2^60 tensors", changed("GGUF", [3, 0, 0, 0, ...u64(2n ** 60n)]), /truncated/],
    ["a claim of 2^60 entries", changed("GGUF\u0003\0\0\0\u0003\0\0\0\0\0\0\0", u64(2n ** 60n)), /truncated/],
    ["a list of 2^60 texts", changed("tokenizer.ggml.tokens\t\0\0\0\b\0\0\0", u64(2n ** 60n)), /truncated/],
    ["a list of 2^60 numbers", changed("tokenizer.ggml.scores\t\0\0\0\u0006\0\0\0", u64(2n ** 60n)), /truncated/],
    ["a text of 2^60 bytes", changed("general.architecture\b\0\0\0", u64(2n ** 60n)), /truncated/],
    ["a text that is not UTF-8", changed("general.architecture\b\0\0\0\u0006\0\0\0\0\0\0\0", [0xff]), /not UTF-8/],
    ["a value of an unknown type", changed("gemma2.block_count", [77]), /a value of type 77/],
    ["lists in lists in lists", changed("tokenizer.ggml.scores\t\0\0\0", [9]), /type 9|truncated/],
    ["a tensor of five dimensions", changed("output_norm.weight", [5]), /5 dimensions/],
    [
      "rows that are no whole blocks",
      changed("token_embd.weight\u0002\0\0\0", [33]),
      /rows of 33, and Q4_0 has blocks of 32/,
    ],
    [
      "a tensor of 2^60 columns",
      changed("output_norm.weight\u0001\0\0\0", u64(2n ** 60n)),
      /truncated: the tensor output_norm/,
    ],
    [
      "a type that Facet does not read",
      changed("output_norm.weight\u0001\0\0\0\u0003\0\0\0\0\0\0\0", [23]),
      /of the type IQ4_XS; Facet reads F32.*Take another file of the same model/,
    ],
    [
      "an offset beyond the file",
      changed("output_norm.weight\u0001\0\0\0\u0003\0\0\0\0\0\0\0\0\0\0\0", u64(2n ** 50n)),
      /truncated: the tensor output_norm/,
    ],
    [
      "an offset between two places",
      changed("output_norm.weight\u0001\0\0\0\u0003\0\0\0\0\0\0\0\0\0\0\0", u64(5n)),
      /multiple of 32/,
    ],
    [
      "tensors that overlap",
      changed("output_norm.weight\u0001\0\0\0\u0003\0\0\0\0\0\0\0\0\0\0\0", u64(96n)),
      /token_embd.weight and output_norm.weight overlap/,
    ],
    ["an alignment of 7", gguf([["general.alignment", { type: "u32", value: 7 }]]), /its alignment is 7/],
    ["an entry twice", gguf([metadata[0]!, metadata[0]!]), /"general.architecture" twice/],
    ["a tensor twice", gguf(metadata, [plans[1]!, plans[1]!]), /the tensor output_norm.weight twice/],
  ])("refuses %s", async (_, file, message) => {
    assert.match(await refusal(file), message)
  })

  it("refuses a file that was cut at any byte", async () => {
    const whole = gguf()
    for (let length = 0; length < whole.length; length++) {
      const cut = whole.slice(0, length)
      // What the alignment fills up at the end belongs to no tensor.
      const last = layOutGguf(metadata, plans).offsets.get("blk.0.attn_q.weight")! + 420
      if (length >= last) await open(cut)
      else assert.match(await refusal(cut), /truncated/)
    }
  })

  it("takes or refuses whatever becomes of a file, and reads no more than it has", async () => {
    for (let seed = 0; seed < tries(3000); seed++) {
      const random = randomFrom(seed)
      const file = mutated(gguf(), random)
      const files = memoryFiles({ "x.gguf": file })
      try {
        const { tensors } = await openGguf(files, "x.gguf")
        for (const { length, offset } of tensors.values()) assert.isAtMost(offset + length, file.length, `seed ${seed}`)
      } catch (cause) {
        if (!(cause instanceof ModelFileError)) throw new Error(`seed ${seed}`, { cause })
      }
      assert.isAtMost(files.read.bytes, 2 * file.length + 64, `seed ${seed}`)
    }
  })
})

/** Cut, or with some bytes flipped, or with an absurd number somewhere. */
function mutated(file: Uint8Array, random: Random): Uint8Array {
  const kind = random.below(4)
  if (kind === 0) return file.slice(0, random.below(file.length))
  for (let times = 1 + random.below(kind === 1 ? 1 : 6); times > 0; times--) {
    const at = random.below(file.length)
    if (kind < 3) file[at] = random.below(256)
    else
      file.set(u64(random.pick([2n ** 60n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 32n, 0n])).slice(0, file.length - at), at)
  }
  return file
}
