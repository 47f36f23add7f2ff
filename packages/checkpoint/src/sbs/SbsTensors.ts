/** Which tensors a `.sbs` has, by gemma.cpp's names: of its table of contents, or of the names of its blobs. */
import { ModelFileError } from "@facet/sdk/words"
import type { ModelFiles } from "@facet/sdk/folders"
import { type SbsEncoding, sbsBytes } from "./decodeSbs.ts"
import { FieldReader } from "./FieldReader.ts"
import type { Blob } from "./readBlobs.ts"

export interface SbsTensor {
  readonly name: string
  readonly encoding: SbsEncoding
  /** Of its blob, in bytes. */
  readonly offset: number
  readonly length: number
  /** What each value is multiplied by: SFP reaches from 2^-23 to 1.875. */
  readonly scale: number
  /** Where the file says it; files of before May 2025 do not. */
  readonly shape: readonly [rows: number, columns: number] | undefined
}

export interface SbsFile {
  readonly tensors: ReadonlyMap<string, SbsTensor>
  /** Whether scales stand in a blob of their own, in an order that the model decides. */
  readonly looseScales: Blob | undefined
}

/** gemma.cpp's types (`compression/types.h`, `Type`), by their numbers. */
const types: ReadonlyArray<string> = ["unknown", "F32", "BF16", "SFP", "NUQ", "F64", "U32", "U64", "I8"]
const read: ReadonlySet<string> = new Set<SbsEncoding>(["F32", "BF16", "SFP", "NUQ"])
const isRead = (type: string): type is SbsEncoding => read.has(type)

/** Before May 2025 the type was the first letter of a blob's name (`gemma/model_store.cc`). */
const letters: Readonly<Record<string, string>> = { F: "F32", B: "BF16", $: "SFP", 2: "NUQ", I: "I8" }

const tocBlob = "toc"
const looseScalesBlob = "Fscales"

/** Rejects with a `ModelFileError` when the table is damaged, or a tensor is in a type that Facet does not read. */
export async function readSbsTensors(
  files: ModelFiles,
  name: string,
  blobs: ReadonlyMap<string, Blob>,
): Promise<SbsFile> {
  const refuse: Refuse = (problem, remedy = "Download the file again.") =>
    new ModelFileError({ file: `${files.root}/${name}`, problem, remedy })
  const toc = blobs.get(tocBlob)
  if (toc === undefined) return { tensors: byLetters(blobs, refuse), looseScales: blobs.get(looseScalesBlob) }
  const bytes = await files.readRange(name, toc.offset, toc.length)
  return { tensors: byToc(bytes, blobs, refuse), looseScales: undefined }
}

type Refuse = (problem: string, remedy?: string) => ModelFileError

function byToc(bytes: Uint8Array, blobs: ReadonlyMap<string, Blob>, refuse: Refuse): ReadonlyMap<string, SbsTensor> {
  const tensors = new Map<string, SbsTensor>()
  const fields = new FieldReader(bytes, refuse)
  while (fields.hasMore) {
    const tensor = fields.record((own) => {
      const name = own.text()
      const encoding = encodingOf(types[own.u32()] ?? "unknown", name, refuse)
      own.u32() // bytes of an element
      own.u32() // elements
      const rows = own.u32()
      const columns = own.u32()
      const scale = own.f32(1)
      const stride = own.u32(columns)
      if (stride !== columns && rows > 1) throw refuse(`the tensor ${name} has gaps between its rows`)
      return { name, encoding, rows, columns, scale }
    })
    const { columns, encoding, name, rows, scale } = tensor
    const blob = blobs.get(name)
    if (blob === undefined) throw refuse(`the tensor ${name} of its table of contents is missing`)
    if (tensors.has(name)) throw refuse(`corrupt: its table of contents has ${name} twice`)
    checkLength(name, encoding, rows * columns, blob, refuse)
    tensors.set(name, { name, encoding, ...blob, scale, shape: [rows, columns] })
  }
  return tensors
}

function byLetters(blobs: ReadonlyMap<string, Blob>, refuse: Refuse): ReadonlyMap<string, SbsTensor> {
  const tensors = new Map<string, SbsTensor>()
  for (const [key, blob] of blobs) {
    const type = letters[key[0] ?? ""]
    if (type === undefined || key === looseScalesBlob) continue
    const name = key.slice(1)
    const encoding = encodingOf(type, name, refuse)
    if (encoding === "NUQ") {
      throw refuse(
        "its weights are in NUQ without a table of contents: such files have their tables in either of two orders, and do not say which",
        "Take the file in SFP, or one that gemma.cpp wrote after May 2025.",
      )
    }
    tensors.set(name, { name, encoding, ...blob, scale: 1, shape: undefined })
  }
  return tensors
}

function encodingOf(type: string, name: string, refuse: Refuse): SbsEncoding {
  if (isRead(type)) return type
  throw refuse(
    `the tensor ${name} is of the type ${type.toLowerCase()}, and Facet reads ${[...read].join(", ").toLowerCase()}`,
    "Take the model in SFP or BF16.",
  )
}

export function checkLength(name: string, encoding: SbsEncoding, values: number, blob: Blob, refuse: Refuse): void {
  const wanted = sbsBytes(encoding, values)
  if (blob.length === wanted) return
  throw refuse(`the tensor ${name} has ${blob.length} bytes, and ${values} values in ${encoding} take ${wanted}`)
}
