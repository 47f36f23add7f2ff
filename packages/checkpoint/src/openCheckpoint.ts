import { open, readdir, stat } from "node:fs/promises"
import { join } from "node:path"
import { configFile, singleWeights, weightsIndex } from "@facet/sdk/folders"
import type { Checkpoint } from "./Checkpoint.ts"
import { openGgufCheckpoint } from "./gguf/openGgufCheckpoint.ts"
import { openKerasCheckpoint } from "./keras/openKerasCheckpoint.ts"
import { kerasWeightsFile, kerasWeightsIndex } from "./keras/KerasWeights.ts"
import { openSafetensorsCheckpoint } from "./openSafetensorsCheckpoint.ts"
import { foreignFile, foreignFolder } from "./ForeignFormats.ts"
import { openSbsCheckpoint } from "./sbs/openSbsCheckpoint.ts"

/**
 * Opens a checkpoint of any format. A file is known by how it begins, whatever it is called.
 *
 * @param path a folder of safetensors, or of Keras's as Kaggle has it, or with one `.sbs`; or a GGUF, a `.weights.h5` in its
 * folder, or a `.sbs`.
 *
 * Rejects as {@link openSafetensorsCheckpoint}, {@link openGgufCheckpoint}, {@link openKerasCheckpoint} and
 * {@link openSbsCheckpoint} do, and with an `InvalidRequestError` that says what to do for a format that none of them reads.
 */
export const openCheckpoint = async (path: string): Promise<Checkpoint> =>
  (await isFile(path)) ? openFile(path) : openFolder(path)

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (entry) => entry.isFile(),
    () => /\.(?:gguf|h5|sbs)$/i.test(path),
  )

/** What a file of each format begins with. */
const openers: ReadonlyArray<readonly [start: string, open: (path: string) => Promise<Checkpoint>]> = [
  ["\u0089HDF\r\n\u001a\n", openKerasCheckpoint],
  ["SBS\n", openSbsCheckpoint],
]

/** Enough to know a tar by. */
const startLength = 512

async function openFile(path: string): Promise<Checkpoint> {
  const start = await startOf(path)
  const opener = openers.find(([magic]) => start.startsWith(magic))?.[1]
  if (opener !== undefined) return opener(path)
  const foreign = foreignFile(path, start)
  if (foreign !== undefined) throw foreign
  if (/\.sbs$/i.test(path)) return openSbsCheckpoint(path)
  return /\.h5$/i.test(path) ? openKerasCheckpoint(path) : openGgufCheckpoint(path)
}

/** A file that cannot be read is told of by whoever opens it. */
async function startOf(path: string): Promise<string> {
  try {
    await using handle = await open(path)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(startLength), 0, startLength, 0)
    return buffer.subarray(0, bytesRead).toString("latin1")
  } catch {
    return ""
  }
}

async function openFolder(path: string): Promise<Checkpoint> {
  const names: ReadonlyArray<string> = await readdir(path).catch(() => [])
  const has = (name: string): boolean => names.includes(name)
  if (has(singleWeights) || has(weightsIndex)) return openSafetensorsCheckpoint(path)
  if (has(kerasWeightsFile) || has(kerasWeightsIndex)) return openKerasCheckpoint(path)
  const [sbs, ...others] = names.filter((name) => name.toLowerCase().endsWith(".sbs"))
  if (sbs !== undefined && others.length === 0) return openSbsCheckpoint(join(path, sbs))
  const foreign = has(configFile) ? undefined : foreignFolder(path, names)
  if (foreign !== undefined) throw foreign
  return openSafetensorsCheckpoint(path)
}
