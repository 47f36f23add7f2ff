import { openFolder } from "@facet/sdk/folders"
import type { Checkpoint } from "./Checkpoint.ts"
import { readSafetensorsCheckpoint } from "./readSafetensorsCheckpoint.ts"

/**
 * Opens a folder as Hugging Face has them: `config.json`, the tokenizer's files, and weights in f32, f16 or bf16
 * safetensors, sharded or not.
 *
 * Rejects with the errors of opening a model; with an `InvalidRequestError` when the weights are quantised already; and
 * with a `ModelFileError` when the folder holds a tensor that the model's architecture does not have: nothing is dropped
 * in silence.
 */
export const openSafetensorsCheckpoint = async (folder: string): Promise<Checkpoint> =>
  readSafetensorsCheckpoint(await openFolder(folder))
