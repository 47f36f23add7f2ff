/** Which files of a model folder are fetched. */
import { ModelFileError } from "../Errors.ts"
import { filePath, isJsonObject, type ModelFiles, readJsonObject } from "./ModelFiles.ts"

/** Read first: small, and there in every model, so that a wrong address is found out before gigabytes. */
export const configFile = "config.json"
export const requiredFiles: ReadonlyArray<string> = ["tokenizer.json"]
export const optionalFiles: ReadonlyArray<string> = [
  "generation_config.json",
  "tokenizer_config.json",
  "chat_template.jinja",
  // What a device's numbers are checked against: see `engine/SelfCheck.ts`.
  "known_logits.json",
]
export const singleWeights = "model.safetensors"
export const weightsIndex = "model.safetensors.index.json"

/**
 * The weights' files that the index lists.
 *
 * Rejects with a `ModelFileError` when it lists none, or one outside the folder.
 */
export async function readShardNames(files: ModelFiles): Promise<ReadonlyArray<string>> {
  const map = (await readJsonObject(files, weightsIndex))["weight_map"]
  const refuse = (problem: string): ModelFileError =>
    new ModelFileError({
      file: filePath(files, weightsIndex),
      problem,
      remedy: "Publish the index that belongs to the weights.",
    })
  if (!isJsonObject(map)) throw refuse('the field "weight_map" is not an object')
  const names = new Set<string>()
  for (const shard of Object.values(map)) {
    // A downloaded index may not make us fetch from elsewhere.
    if (typeof shard !== "string" || !/^[^/\\]+\.safetensors$/.test(shard)) {
      throw refuse(`it names ${JSON.stringify(shard)}, which is no .safetensors file of this folder`)
    }
    names.add(shard)
  }
  if (names.size === 0) throw refuse("it lists no files")
  return [...names].sort()
}
