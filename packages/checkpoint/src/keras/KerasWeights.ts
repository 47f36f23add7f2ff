/** The variables that Keras's weight files hold together, and part of one as the architecture's table has it. */
import { basename, dirname, join } from "node:path"
import { ModelFileError } from "@facet/sdk/words"
import { isJsonObject, readJsonObject, type ModelFiles, type TensorSpec } from "@facet/sdk/folders"
import { type Hdf5Dataset, openHdf5File } from "./Hdf5File.ts"
import type { KerasAxes } from "./KerasSpelling.ts"

export const kerasWeightsFile = "model.weights.h5"
/** Of weights that are spread over several files. */
export const kerasWeightsIndex = "model.weights.json"

export interface KerasWeights {
  /** The first of the files, for messages. */
  readonly file: string
  /** By their paths without `/vars/0`, counted from the backbone. */
  readonly variables: ReadonlyMap<string, Hdf5Dataset>
  readonly close: () => void
}

/** Layers that are first in a backbone, in all of Keras's ways to name them: what stands before one is the way to it. */
const anchors = ["layers/reversible_embedding", "token_embedding"]

/**
 * Opens weights: those of `name`, or without one those of the folder.
 *
 * Rejects with a `ModelFileError` for a file that is missing, damaged, or holds no backbone of a Gemma.
 */
export async function openKerasWeights(files: ModelFiles, name?: string): Promise<KerasWeights> {
  const names = name === undefined ? await weightFiles(files) : [name]
  const opened: Array<Awaited<ReturnType<typeof openHdf5File>>> = []
  const close = (): void => opened.forEach((file) => file.close())
  try {
    for (const one of names) {
      // Said in our words when it is missing.
      await files.size(one)
      opened.push(await openHdf5File(join(files.root, one)))
    }
    const all = new Map(opened.flatMap(({ datasets }) => [...datasets]))
    const file = join(files.root, names[0] ?? "")
    return { file, variables: ofBackbone(all, file), close }
  } catch (cause) {
    close()
    throw cause
  }
}

/** One file, or those of an index, each once. */
async function weightFiles(files: ModelFiles): Promise<ReadonlyArray<string>> {
  if (await files.exists(kerasWeightsFile)) return [kerasWeightsFile]
  const { weight_map: map } = await readJsonObject(files, kerasWeightsIndex)
  const named = isJsonObject(map) ? [...new Set(Object.values(map).flat())] : []
  const known = named.filter((name) => typeof name === "string")
  const strange = known.find((name) => basename(name) !== name || dirname(name) !== ".")
  if (known.length > 0 && known.length === named.length && strange === undefined) return known
  throw new ModelFileError({
    file: join(files.root, kerasWeightsIndex),
    problem: strange === undefined ? "it lists no files of weights" : `it names the file ${JSON.stringify(strange)}`,
    remedy: "Download the whole folder again.",
  })
}

function ofBackbone(datasets: ReadonlyMap<string, Hdf5Dataset>, file: string): ReadonlyMap<string, Hdf5Dataset> {
  const ends = anchors.map((anchor) => `${anchor}/vars/0`)
  const starts = [...datasets.keys()].flatMap((path) =>
    ends
      .filter((end) => path === end || path.endsWith(`/${end}`))
      .map((end) => path.slice(0, path.length - end.length)),
  )
  const prefix = starts.toSorted((a, b) => a.length - b.length)[0]
  if (prefix === undefined) {
    throw new ModelFileError({
      file,
      problem: `it holds no backbone of a Gemma: there is neither ${ends.join(" nor ")}`,
      remedy: "Take the weights that keras-hub's save_to_preset() writes of a GemmaBackbone or a Gemma3Backbone.",
    })
  }
  const own = [...datasets].filter(([path]) => path.startsWith(prefix))
  return new Map(own.map(([path, dataset]) => [path.slice(prefix.length).replace(/\/vars\/0$/, ""), dataset]))
}

/** Rows of a tensor of the table: `count` from row `first` on, row-major. */
export function readKerasRows(
  dataset: Hdf5Dataset,
  axes: KerasAxes,
  { columns, kind }: TensorSpec,
  [first, count]: readonly [number, number],
  headDim: number,
): Float32Array {
  const rows = [first, first + count] as const
  if (axes === "plain") return dataset.read(kind === "norm" ? [[0, columns]] : [rows, [0, columns]])
  const values = new Float32Array(count * columns)
  if (axes === "transposed") transpose(dataset.read([[0, columns], rows]), count, columns, values, 0)
  else if (axes === "headColumns") {
    transpose(dataset.read([[0, columns / headDim], [0, headDim], rows]), count, columns, values, 0)
  } else {
    for (let row = first; row < first + count;) {
      const head = Math.floor(row / headDim)
      const end = Math.min(first + count, (head + 1) * headDim)
      const within = [row - head * headDim, end - head * headDim] as const
      transpose(
        dataset.read([[head, head + 1], [0, columns], within]),
        end - row,
        columns,
        values,
        (row - first) * columns,
      )
      row = end
    }
  }
  return values
}

/** Writes `[columns, count]` as `[count, columns]`. */
function transpose(from: Float32Array, count: number, columns: number, to: Float32Array, at: number): void {
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < count; row++) to[at + row * columns + column] = from[column * count + row]!
  }
}
