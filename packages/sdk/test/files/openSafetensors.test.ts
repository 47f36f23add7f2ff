import { describe, expect, it } from "vitest"
import { openSafetensors } from "../../src/files/openSafetensors.ts"
import { folderOf } from "../fixtures/folderOf.ts"

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
    [
      "a pointer of Git LFS",
      new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"),
      "Git LFS",
    ],
    ["offsets outside the file", safetensors({ a: { ...two.a, data_offsets: [8, 32] } }, 24), "truncated: a"],
    ["tensors that overlap", safetensors({ ...two, b: { ...two.b, data_offsets: [20, 26] } }, 30), "a and b overlap"],
  ])("refuses %s", async (_, content, problem) => {
    await expect(open({ "model.safetensors": content })).rejects.toMatchObject({
      _tag: "ModelFileError",
      file: expect.stringMatching(/model\.safetensors$/),
      problem: expect.stringContaining(problem),
    })
  })

  it("follows an index that begins its names with ./, and lists copies that are not there", async () => {
    const tensors = await open({
      "x.safetensors": safetensors({ a: two.a }, 24),
      "model.safetensors.index.json": { weight_map: { a: "./x.safetensors", "lm_head.weight": "./x.safetensors" } },
    })
    expect([...tensors].map(([name, { file }]) => [name, file])).toEqual([["a", "x.safetensors"]])
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
  ])("refuses %s", async (_, contents, problem) => {
    await expect(open(contents)).rejects.toMatchObject({
      _tag: "ModelFileError",
      problem: expect.stringContaining(problem),
    })
  })
})
