import { basename, dirname, resolve } from "node:path"
import { ModelFileError } from "@facet/sdk/words"
import { type Measured, openFolder, openSafetensorsFile, type TensorLocation, toFloat32 } from "@facet/sdk/folders"
import type { Checkpoint } from "./Checkpoint.ts"
import { feedbackOf } from "./feedbackOf.ts"

const importanceName = (name: string): string => `${name}.importance`
const momentsName = (name: string): string => `${name}.moments`

/**
 * The checkpoint with what was measured of the values that its matrices read.
 *
 * @param path a `.safetensors` file with `X.importance`, F32 `[columns]`, for each matrix `X` that was measured: how much each
 * column counts. `X.moments`, F32 `[columns, band]`, may stand beside it: how much columns are read together, in bands along
 * the diagonal.
 *
 * Rejects with a `ModelFileError` when the file is damaged, or was measured on another model.
 */
export async function withImportance(checkpoint: Checkpoint, path: string): Promise<Checkpoint> {
  const files = await openFolder(dirname(resolve(path)))
  const file = basename(path)
  const located = await openSafetensorsFile(files, file)
  const specs = new Map(
    checkpoint.tensors.flatMap(({ spec }) => [
      [importanceName(spec.name), { axes: 1, columns: spec.columns }],
      [momentsName(spec.name), { axes: 2, columns: spec.columns }],
    ]),
  )
  for (const [name, { dtype, shape }] of located) {
    const { axes, columns } = specs.get(name) ?? {}
    if (dtype === "F32" && shape.length === axes && shape[0] === columns) continue
    throw new ModelFileError({
      file: path,
      problem: `${name} is ${dtype} [${shape.join(", ")}], and the model has ${columns ?? "no"} columns there`,
      remedy: "Take what was measured on this very model.",
    })
  }
  const read = async ({ length, offset }: TensorLocation): Promise<Float32Array> =>
    toFloat32(await files.readRange(file, offset, length), "F32")
  const readFeedback = async (name: string, location: TensorLocation) => {
    const feedback = feedbackOf(await read(location), location.shape[1] ?? 1)
    if (feedback !== undefined) return feedback
    throw new ModelFileError({
      file: path,
      problem: `${name} is no matrix of second moments: it is not positive`,
      remedy: "Measure it again.",
    })
  }
  const measure = async (name: string): Promise<Measured | undefined> => {
    const location = located.get(importanceName(name))
    if (location === undefined) return undefined
    const moments = located.get(momentsName(name))
    return {
      importance: await read(location),
      ...(moments !== undefined && { feedback: await readFeedback(momentsName(name), moments) }),
    }
  }
  // Pieces of a matrix come one after the other: one is kept, so that memory does not grow with the model.
  let kept: { readonly name: string; readonly measured: Promise<Measured | undefined> } | undefined
  const measured = (name: string): Promise<Measured | undefined> => {
    if (kept?.name !== name) kept = { name, measured: measure(name) }
    return kept.measured
  }
  return {
    ...checkpoint,
    tensors: checkpoint.tensors.map((tensor) =>
      located.has(importanceName(tensor.spec.name))
        ? { ...tensor, measured: () => measured(tensor.spec.name) }
        : tensor,
    ),
  }
}
