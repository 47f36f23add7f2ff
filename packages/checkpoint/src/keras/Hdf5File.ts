/** The datasets of an HDF5 file. The library for it, HDF5's own as WebAssembly, is loaded with the first such file. */
import { ModelFileError } from "@facet/sdk/words"
import { toFloat32 } from "@facet/sdk/folders"
import type * as h5wasm from "h5wasm/node"
import type { Dataset, File, Group } from "h5wasm/node"

/** From one index to before another, along an axis. */
export type Range = readonly [from: number, to: number]

/** What weights are read from. */
export type Hdf5Encoding = "F32" | "F16" | "BF16"

export interface Hdf5Dataset {
  readonly file: string
  readonly shape: ReadonlyArray<number>
  /** `undefined` for one that holds no weights in floats; {@link described} says what it holds. */
  readonly encoding: Hdf5Encoding | undefined
  readonly described: string
  /** Part of it as f32, the last axis fastest: a range for each axis. */
  readonly read: (ranges: ReadonlyArray<Range>) => Float32Array
}

export interface Hdf5File {
  /** By their paths, `layers/gemma_decoder_block/pre_ffw_norm/vars/0`. */
  readonly datasets: ReadonlyMap<string, Hdf5Dataset>
  readonly close: () => void
}

/** Groups within groups: Keras needs seven. */
const mostDepth = 16

/**
 * Opens a file, and lists what it holds. Links to other files are refused: they would bring in what lies elsewhere.
 *
 * Rejects with a `ModelFileError` when it is no HDF5 file, truncated or corrupt.
 */
export async function openHdf5File(path: string): Promise<Hdf5File> {
  const { ready, ...library } = await import("h5wasm/node")
  const hdf5 = await ready
  // Else it prints its own stack of every failure, and goes on.
  hdf5.activate_throwing_error_handler()
  const datasets = new Map<string, Hdf5Dataset>()
  const file = guarded(path, () => new library.File(path, "r"))
  const close = (): void => void file.close()
  try {
    guarded(path, () => list({ path, file, library, datasets }, file, "", 0))
  } catch (cause) {
    close()
    throw cause
  }
  return { datasets, close }
}

interface Walk {
  readonly path: string
  readonly file: File
  readonly library: Pick<typeof h5wasm, "Dataset" | "Group">
  readonly datasets: Map<string, Hdf5Dataset>
}

const damaged = (file: string, problem: string): ModelFileError =>
  new ModelFileError({ file, problem, remedy: "Download the file again." })

/** What the library throws says where in its own source; a user needs to know which file, and what to do. */
function guarded<A>(path: string, read: () => A): A {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof ModelFileError) throw cause
    throw damaged(path, "no HDF5 file, truncated, or corrupt")
  }
}

function list(walk: Walk, group: Group, prefix: string, depth: number): void {
  const { datasets, library, path } = walk
  if (depth > mostDepth) throw damaged(path, `its groups lie more than ${mostDepth} deep`)
  for (const key of group.keys()) {
    const name = prefix === "" ? key : `${prefix}/${key}`
    const entity = group.get(key)
    if (entity instanceof library.Group) list(walk, entity, name, depth + 1)
    else if (entity instanceof library.Dataset) datasets.set(name, describe(path, name, entity))
    else throw damaged(path, `${name} is a link that leads nowhere, or to another file`)
  }
}

/** Of HDF5's classes of types (`H5Tpublic.h`). */
const floatClass = 1
const opaqueClass = 5

function describe(path: string, name: string, dataset: Dataset): Hdf5Dataset {
  const { size, type, virtual_sources: sources = [] } = dataset.metadata
  if (sources.length > 0) throw damaged(path, `${name} is put together from other files`)
  const encoding = encodingOf(dataset)
  return {
    file: path,
    shape: dataset.shape ?? [],
    encoding,
    described: encoding ?? `of HDF5's type ${String(type)} with ${String(size)} bytes`,
    read: (ranges) => guarded(path, () => valuesOf(dataset, encoding ?? "F32", ranges)),
  }
}

/** Keras writes bfloat16, which numpy does not have, as bytes, and says so in an attribute. */
function encodingOf(dataset: Dataset): Hdf5Encoding | undefined {
  const { littleEndian, size, type } = dataset.metadata
  if (type === opaqueClass && size === 2) {
    return dataset.attrs["dtype"]?.value === "bfloat16" ? "BF16" : undefined
  }
  if (type !== floatClass || !littleEndian) return undefined
  return size === 4 ? "F32" : size === 2 ? "F16" : undefined
}

function valuesOf(dataset: Dataset, encoding: Hdf5Encoding, ranges: ReadonlyArray<Range>): Float32Array {
  const values = dataset.slice(ranges.map(([from, to]) => [from, to]))
  if (values instanceof Float32Array) return values
  // Halves come as bytes where the runtime has no array of them.
  if (values instanceof Uint8Array) return toFloat32(values, encoding)
  // What is left is a Float16Array, which the library's types do not know.
  if (ArrayBuffer.isView(values)) return Float32Array.from(values as unknown as ArrayLike<number>)
  throw new Error("no numbers")
}
