import type { Checkpoint } from "./Checkpoint.ts"
import { openSafetensorsCheckpoint } from "./openSafetensorsCheckpoint.ts"

/**
 * Opens a checkpoint of any format.
 *
 * @param path a folder of safetensors.
 *
 * Rejects as {@link openSafetensorsCheckpoint} does.
 */
export const openCheckpoint = (path: string): Promise<Checkpoint> => openSafetensorsCheckpoint(path)
