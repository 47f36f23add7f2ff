import { ModelFileError } from "../words/Errors.ts"
import { weightsIndex } from "./ModelFileNames.ts"
import { filePath, isJsonObject, type ModelFiles, readJsonObject } from "./ModelFiles.ts"

/**
 * Which file each tensor lies in, by the index of a sharded model.
 *
 * Rejects with a `ModelFileError` when the index lists none, or a file outside the folder.
 */
export async function readShardIndex(files: ModelFiles): Promise<ReadonlyMap<string, string>> {
  const refuse = (problem: string): ModelFileError =>
    new ModelFileError({
      file: filePath(files, weightsIndex),
      problem,
      remedy: "Get the index that belongs to the weights.",
    })
  const map = (await readJsonObject(files, weightsIndex))["weight_map"]
  if (!isJsonObject(map)) throw refuse('the field "weight_map" is not an object')
  const shards = new Map<string, string>()
  for (const [tensor, shard] of Object.entries(map)) {
    // A downloaded index may not make us read or fetch from elsewhere.
    const file = typeof shard === "string" ? shard.replace(/^\.\//, "") : ""
    if (!/^[^/\\]+\.safetensors$/.test(file)) {
      throw refuse(
        `"weight_map" sends ${tensor} to ${JSON.stringify(shard)}, which is no .safetensors file of this folder`,
      )
    }
    shards.set(tensor, file)
  }
  if (shards.size === 0) throw refuse('"weight_map" lists no files')
  return shards
}
