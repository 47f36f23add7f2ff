import { basename, dirname, resolve } from "node:path"
import { ModelFileError } from "@facet/sdk/words"
import { openFolder, openSafetensorsFile, toFloat32 } from "@facet/sdk/folders"
import type { Checkpoint } from "./Checkpoint.ts"

const ending = ".importance"

/**
 * The checkpoint with how much each column of its matrices counts.
 *
 * @param path a `.safetensors` file with `X.importance`, F32 `[columns]`, for each matrix `X` that was measured.
 *
 * Rejects with a `ModelFileError` when the file is damaged, or was measured on another model.
 */
export async function withImportance(checkpoint: Checkpoint, path: string): Promise<Checkpoint> {
  const files = await openFolder(dirname(resolve(path)))
  const file = basename(path)
  const located = await openSafetensorsFile(files, file)
  const specs = new Map(checkpoint.tensors.map(({ spec }) => [`${spec.name}${ending}`, spec]))
  for (const [name, { dtype, shape }] of located) {
    const columns = specs.get(name)?.columns
    if (dtype === "F32" && shape.length === 1 && shape[0] === columns) continue
    throw new ModelFileError({
      file: path,
      problem: `${name} is ${dtype} [${shape.join(", ")}], and the model has ${columns ?? "no"} columns there`,
      remedy: "Take what was measured on this very model.",
    })
  }
  return {
    ...checkpoint,
    tensors: checkpoint.tensors.map((tensor) => {
      const location = located.get(`${tensor.spec.name}${ending}`)
      if (location === undefined) return tensor
      const importance = async () => toFloat32(await files.readRange(file, location.offset, location.length), "F32")
      return { ...tensor, importance }
    }),
  }
}
