import { describe, expect, it } from "vitest"
import { readNpz } from "../../src/files/readNpz.ts"
import { folderOf } from "../fixtures/folderOf.ts"
import { type Float32Entry, npz, type NpzOptions } from "../fixtures/npz.ts"

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

describe("readNpz", () => {
  it.each<[string, NpzOptions]>([
    ["plainly", {}],
    ["as NumPy does, with sizes of 0xFFFFFFFF in local headers", { zip64: "local" }],
    ["as zip64 throughout", { zip64: "everywhere" }],
    ["with version 2 headers", { npyVersion: 2 }],
    ["with a comment at its end", { comment: "by hand" }],
  ])("locates arrays in a zip written %s", async (_, options) => {
    await using files = await folderOf({ "a.npz": npz(sae, options) })
    const arrays = await readNpz(files, "a.npz")
    expect([...arrays.keys()]).toEqual(Object.keys(sae))
    for (const [name, [shape, values]] of Object.entries(sae)) {
      const array = arrays.get(name)
      expect(array).toMatchObject({ dtype: "F32", shape, length: values.length * 4 })
      const bytes = await files.readRange("a.npz", array?.offset ?? 0, array?.length ?? 0)
      expect([...new Float32Array(bytes.buffer)]).toEqual(values)
    }
  })

  it("locates arrays at odd offsets", async () => {
    await using files = await folderOf({ "a.npz": npz({ abc: filled(7, 2) }) })
    const array = (await readNpz(files, "a.npz")).get("abc")
    expect(array?.offset).toBe(30 + "abc.npy".length + 128)
  })

  it("reads scalars and empty arrays", async () => {
    await using files = await folderOf({ "a.npz": npz({ scalar: [[], [4]], empty: [[0, 3], []] }) })
    const arrays = await readNpz(files, "a.npz")
    expect(arrays.get("scalar")).toMatchObject({ shape: [], length: 4 })
    expect(arrays.get("empty")).toMatchObject({ shape: [0, 3], length: 0 })
  })
})
