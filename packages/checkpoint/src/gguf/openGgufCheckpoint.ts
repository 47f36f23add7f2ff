import { basename, dirname, resolve } from "node:path"
import { filesIn } from "@facet/sdk/folders"
import type { Checkpoint } from "../Checkpoint.ts"
import { readGgufCheckpoint } from "./readGgufCheckpoint.ts"

/**
 * Opens a GGUF file as llama.cpp's converter, or Ollama's, writes it: of version 2 or 3, in f32, f16, bf16 or any of the
 * types from Q2_K to Q8_0.
 *
 * @param path the file, however it is called: Ollama names its own by their checksums. Of a model that llama.cpp has split
 * any of its parts, which lie in one folder under the names that it gave them.
 *
 * Rejects with a `ModelFileError` when the file is missing, truncated, corrupt, without its other parts, of a type that Facet does
 * not read, without a tokenizer of Gemma's kind, or holds a tensor that the model's architecture does not have; and with an
 * `UnsupportedModelError` when it holds an architecture that Facet does not run.
 *
 * @example
 * const checkpoint = await openGgufCheckpoint("./gemma-2-2b-it-Q4_K_M.gguf")
 */
export async function openGgufCheckpoint(path: string): Promise<Checkpoint> {
  const root = resolve(path)
  return readGgufCheckpoint({ root, name: basename(root), files: filesIn(dirname(root)) })
}
