import { describe, expect, it } from "vitest"
import { readSae } from "../../src/scope/SaeFile.ts"
import { folderOf } from "../fixtures/folderOf.ts"
import { type Float32Entry, npz } from "../fixtures/npz.ts"

const filled = (value: number, ...shape: ReadonlyArray<number>): Float32Entry => [
  shape,
  Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => value + i),
]

const sae = {
  W_enc: filled(1, 3, 5),
  W_dec: filled(100, 5, 3),
  b_enc: filled(200, 5),
  threshold: filled(300, 5),
  b_dec: filled(400, 3),
}

const read = async (content: Uint8Array) => {
  await using files = await folderOf({ "params.npz": content })
  return await readSae(files, "params.npz")
}

describe("readSae", () => {
  it("gives an autoencoder's widths", async () => {
    expect(await read(npz(sae))).toMatchObject({ dModel: 3, width: 5, arrays: { W_dec: { shape: [5, 3] } } })
  })

  const file = npz(sae)
  const moved = Uint8Array.from(file)
  moved[0] = 0
  const renamed = Uint8Array.from(file)
  renamed[30 + "W_enc.npy".length] = 0
  it.each<[string, Uint8Array, string]>([
    ["an empty file", new Uint8Array(0), "not a zip"],
    ["text", new TextEncoder().encode("version https://git-lfs.github.com/spec/v1"), "not a zip"],
    ["a truncated file", file.slice(0, -40), "not a zip, or truncated"],
    ["a file without its beginning", file.slice(100), "truncated"],
    ["an entry packed otherwise", npz(sae, { method: 12 }), "W_enc.npy is packed in a way that NumPy does not"],
    ["what only says that it is deflated", npz(sae, { method: 8 }), "W_enc.npy is not an npy array"],
    ["an encrypted entry", npz(sae, { flags: 1 }), "W_enc.npy is encrypted"],
    ["big-endian numbers", npz(sae, { descr: ">f4" }), "W_enc.npy has the dtype '>f4'"],
    ["objects", npz(sae, { descr: "|O" }), "dtype '|O'"],
    ["float64", npz({ ...sae, W_enc: filled(1, 3, 10) }, { descr: "<f8" }), "corrupt: W_enc.npy has 120 bytes"],
    ["integers", npz(sae, { descr: "<i4" }), "W_enc is I32, not of floats"],
    ["a corrupt local header", moved, "W_enc.npy is not where the zip says"],
    ["an entry that is no array", renamed, "W_enc.npy is not an npy array"],
    [
      "a shape that does not fit the data",
      npz({
        ...sae,
        W_enc: [
          [3, 6],
          [1, 2, 3],
        ],
      }),
      "takes 72",
    ],
    ["shapes that do not fit each other", npz({ ...sae, W_dec: filled(1, 3, 5) }), "W_dec has the shape [3, 5]"],
    ["a threshold for each row", npz({ ...sae, threshold: filled(1, 3) }), "threshold has the shape [3]"],
    [
      "an encoder with three axes",
      npz({ ...sae, W_enc: filled(1, 3, 5, 1) }),
      "W_enc has [3, 5, 1], as a crosscoder has",
    ],
    ["a missing array", npz({ W_enc: sae.W_enc, W_dec: sae.W_dec }), "b_enc is missing (it has W_enc, W_dec)"],
  ])("refuses %s", async (_, content, problem) => {
    await expect(read(content)).rejects.toMatchObject({
      _tag: "ScopeFileError",
      file: expect.stringMatching(/params\.npz$/),
      problem: expect.stringContaining(problem),
    })
  })

  it("says when the file is missing", async () => {
    await using files = await folderOf({})
    await expect(readSae(files, "params.npz")).rejects.toMatchObject({ _tag: "ScopeFileError", problem: "missing" })
  })
})
