import { ModelFileError } from "../../words/Errors.ts"
import { filePath, type ModelFiles } from "../ModelFiles.ts"
import { ggufParts } from "./ggufParts.ts"
import { type GgufFile, type GgufTensor, openGguf } from "./openGguf.ts"

/**
 * Reads a GGUF file as {@link openGguf} does; of a model that llama.cpp has split, all of its files as one: the first has
 * the metadata, and each has tensors. Source: llama.cpp, `tools/gguf-split` (`split.no`, `split.count`,
 * `split.tensors.count`).
 *
 * @param name of any of its files.
 *
 * Rejects as `openGguf` does for each of them, and with a `ModelFileError` when one is not called as llama.cpp calls it, or
 * they do not belong together.
 */
export async function openGgufParts(files: ModelFiles, name: string): Promise<GgufFile> {
  const file = await openGguf(files, name)
  const count = file.metadata.get("split.count")
  if (count === undefined || count === 0 || count === 1) return file
  const names = ggufParts(name)
  if (names.length !== count) throw misnamed(filePath(files, name), String(count))
  const tensors = new Map<string, GgufTensor>()
  let first = file
  for (const [number, part] of names.entries()) {
    const opened = part === name ? file : await openGguf(files, part)
    const isOther = opened.metadata.get("split.count") !== count || opened.metadata.get("split.no") !== number
    if (isOther) throw foreign(filePath(files, part), `it is not part ${number + 1} of ${count} of this model`)
    if (number === 0) first = opened
    for (const [tensor, place] of opened.tensors) {
      if (tensors.has(tensor)) throw foreign(filePath(files, part), `it has ${tensor}, which a part before it has too`)
      tensors.set(tensor, place)
    }
  }
  const total = first.metadata.get("split.tensors.count") ?? tensors.size
  if (total === tensors.size) return { ...first, tensors }
  throw foreign(
    filePath(files, names[0] ?? name),
    `the model has ${String(total)} tensors, and its parts ${tensors.size}`,
  )
}

const misnamed = (file: string, count: string): ModelFileError =>
  new ModelFileError({
    file,
    problem: `one of ${count} files that a model was split into, and it is not called as one of ${count}`,
    remedy:
      "Give them the names that llama.cpp gave them (NAME-00001-of-0000N.gguf) in one folder, or join them with its `llama-gguf-split --merge`.",
  })

const foreign = (file: string, problem: string): ModelFileError =>
  new ModelFileError({ file, problem, remedy: "Download all parts of the model again, from one place." })
