import { stat } from "node:fs/promises"
import { openGgufCheckpoint } from "./gguf/openGgufCheckpoint.ts"
import type { Checkpoint } from "./Checkpoint.ts"
import { openSafetensorsCheckpoint } from "./openSafetensorsCheckpoint.ts"

/**
 * Opens a checkpoint of any format.
 *
 * @param path a folder of safetensors, or a GGUF file.
 *
 * Rejects as {@link openSafetensorsCheckpoint} and {@link openGgufCheckpoint} do.
 */
export const openCheckpoint = async (path: string): Promise<Checkpoint> =>
  (await isFile(path)) ? openGgufCheckpoint(path) : openSafetensorsCheckpoint(path)

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (entry) => entry.isFile(),
    () => path.toLowerCase().endsWith(".gguf"),
  )
