/** What a model is: of one on this machine its files, of a known one its published facts. */
import { stat } from "node:fs/promises"
import { readModel } from "../architectures/readModel.ts"
import { openFolder } from "../files/disk/openFolder.node.ts"
import { knownModel, type KnownModel } from "./knownModels.ts"
import { locateModel, sourceOf } from "./locateModel.node.ts"
import { findPrepared } from "./PreparedModels.node.ts"
import { sizeOfFolder } from "./storedModels.node.ts"
import { readWeightFacts } from "./WeightFacts.node.ts"

export interface ModelFacts {
  /** As it was asked for. */
  readonly model: string
  /** Where it lies as it was published; undefined where it is not here. */
  readonly path: string | undefined
  readonly format: "safetensors" | "gguf" | undefined
  readonly revision: string | undefined
  /** Of all its files, in bytes. */
  readonly bytes: number | undefined
  readonly architecture: string | undefined
  readonly layers: number | undefined
  readonly contextLength: number | undefined
  /** How its weights are: `plain` as somebody published them, else the bits that a weight has. */
  readonly weights: "plain" | "4 bits" | "8 bits" | undefined
  /** Of its weights, in bytes, where its own folder is opened. */
  readonly memoryBytes: number | undefined
  /** The packed copy that is opened in its place. */
  readonly prepared:
    | { readonly path: string; readonly dtype: string; readonly block: number; readonly bytes: number }
    | undefined
  /** What is known of it before it is here. */
  readonly known: KnownModel | undefined
}

/**
 * Describes a model without fetching anything.
 *
 * Rejects with a `ModelNotFoundError` for a path that is not there, and as `readModel` does for a folder that is broken.
 */
export async function describeModel(text: string): Promise<ModelFacts> {
  const source = await sourceOf(text)
  const located = await locateModel(text, source)
  const known = source.kind === "hub" && source.file === undefined ? knownModel(source.repository) : undefined
  const copy = located && (await findPrepared(located.origin.identity))
  const base = {
    model: text,
    path: located?.path,
    revision: located?.origin.revision,
    known,
    prepared: copy && { path: copy.path, dtype: copy.dtype, block: copy.block, bytes: await sizeOfFolder(copy.path) },
  }
  const folder = located === undefined || located.isGguf ? copy?.path : located.path
  const format = located === undefined ? undefined : located.isGguf ? ("gguf" as const) : ("safetensors" as const)
  if (folder === undefined) {
    const bytes = located === undefined ? undefined : (await stat(located.path)).size
    return {
      ...base,
      format,
      bytes,
      architecture: known?.architecture,
      layers: undefined,
      contextLength: known?.contextLength,
      weights: undefined,
      memoryBytes: undefined,
    }
  }
  const files = await openFolder(folder)
  const { architecture, config } = await readModel(files)
  const { isPlain, memoryBytes } = await readWeightFacts(files)
  return {
    ...base,
    format,
    bytes: located?.isGguf === true ? (await stat(located.path)).size : await sizeOfFolder(folder),
    architecture: architecture.title,
    layers: config.layers,
    contextLength: config.contextLength,
    weights: isPlain ? "plain" : config.quantization?.bits === 8 ? "8 bits" : "4 bits",
    memoryBytes,
  }
}
