import { describe, expect, it } from "vitest"
import { isInPlace, readArray } from "../../src/files/PlacedArray.ts"
import { readNpz } from "../../src/files/readNpz.ts"
import { fileURLToPath } from "node:url"
import { openFolder } from "../../src/files/disk/openFolder.node.ts"
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
    const { locate, names } = await readNpz(files, "a.npz")
    expect(names).toEqual(Object.keys(sae))
    for (const [name, [shape, values]] of Object.entries(sae)) {
      const array = await locate(name)
      expect(array).toMatchObject({ dtype: "F32", shape, length: values.length * 4 })
      expect(isInPlace(array)).toBe(true)
      const bytes = await files.readRange("a.npz", array.offset, array.length)
      expect([...new Float32Array(bytes.buffer)]).toEqual(values)
    }
  })

  it("locates arrays at odd offsets", async () => {
    await using files = await folderOf({ "a.npz": npz({ abc: filled(7, 2) }) })
    const array = await (await readNpz(files, "a.npz")).locate("abc")
    expect(array.offset).toBe(30 + "abc.npy".length + 128)
  })

  it("reads scalars and empty arrays", async () => {
    await using files = await folderOf({ "a.npz": npz({ scalar: [[], [4]], empty: [[0, 3], []] }) })
    const { locate } = await readNpz(files, "a.npz")
    expect(await locate("scalar")).toMatchObject({ shape: [], length: 4 })
    expect(await locate("empty")).toMatchObject({ shape: [0, 3], length: 0 })
  })
})

// Written by NumPy 2 with savez and savez_compressed.
describe("readArray", () => {
  const valuesOf = async (file: string) => {
    const files = await openFolder(fileURLToPath(new URL("./npz", import.meta.url)))
    const { locate } = await readNpz(files, file)
    const names = ["W_enc", "W_dec", "b_enc", "b_dec", "threshold"]
    return Promise.all(names.map(async (name) => [...(await readArray(files, file, await locate(name)))]))
  }

  it.each(["compressed", "half", "double", "fortran", "fortran-half-compressed", "more"])(
    "gives the same numbers of a file that is %s",
    async (name) => {
      expect(await valuesOf(`${name}.npz`)).toEqual(await valuesOf("plain.npz"))
    },
  )

  it("tells arrays that no runtime can read in place", async () => {
    const files = await openFolder(fileURLToPath(new URL("./npz", import.meta.url)))
    const isPlaced = async (file: string) => isInPlace(await (await readNpz(files, file)).locate("W_enc"))
    expect([await isPlaced("plain.npz"), await isPlaced("compressed.npz"), await isPlaced("fortran.npz")]).toEqual([
      true,
      false,
      false,
    ])
  })

  it("knows by its checksum that what is deflated is damaged", async () => {
    await using files = await folderOf({ "a.npz": npz({ a: filled(1, 3) }, { isDeflated: true }) })
    const array = await (await readNpz(files, "a.npz")).locate("a")
    expect([...(await readArray(files, "a.npz", array))]).toEqual([1, 2, 3])
    const deflated = { ...array.deflated!, crc: (array.deflated!.crc ^ 1) >>> 0 }
    await expect(readArray(files, "a.npz", { ...array, deflated })).rejects.toMatchObject({
      problem: "corrupt: an array has another checksum",
    })
  })

  it("takes on trust nothing that a deflated array claims", async () => {
    const deflated = npz({ a: filled(1, 3) }, { method: 8 })
    await using files = await folderOf({ "a.npz": deflated })
    await expect((await readNpz(files, "a.npz")).locate("a")).rejects.toMatchObject({ _tag: "ScopeFileError" })
  })
})
