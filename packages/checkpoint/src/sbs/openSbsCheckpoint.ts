import { basename, dirname, resolve } from "node:path"
import { filesIn } from "@facet/sdk/folders"
import type { Checkpoint } from "../Checkpoint.ts"
import { readSbsCheckpoint } from "./readSbsCheckpoint.ts"

/**
 * Opens a file of gemma.cpp's weights, in sfp, nuq, bf16 or f32.
 *
 * Files since May 2025 hold their configuration and tokenizer. An older one needs two files in its folder: Kaggle's
 * `tokenizer.spm`, and the `config.json` of the same model as Hugging Face has it, since such a file names no shapes.
 *
 * Rejects with a `ModelFileError` when the file is missing, truncated or corrupt, when a tensor is missing, of a type that Facet
 * does not read, of another shape than the configuration asks for, or none that the model's architecture has; and with an
 * `UnsupportedModelError` for another model than a Gemma 2 or a Gemma 3.
 *
 * @example
 * const checkpoint = await openSbsCheckpoint("./gemma2-2b-it-sfp-single.sbs")
 */
export async function openSbsCheckpoint(path: string): Promise<Checkpoint> {
  const root = resolve(path)
  return readSbsCheckpoint({ root, name: basename(root), files: filesIn(dirname(root)) })
}
