/**
 * A published checkpoint in, a Facet model folder out.
 */
import { availableParallelism } from "node:os"
import { basename, resolve } from "node:path"
import { InvalidRequestError, isFacetError, RuntimeError } from "@facet/sdk/words"
import type { Checkpoint } from "./Checkpoint.ts"
import { type Conversion, convertCheckpoint } from "./convertCheckpoint.ts"
import type { ConvertOptions } from "./ConvertOptions.ts"
import { FolderTarget } from "./FolderTarget.ts"
import { writeGguf } from "./gguf/writeGguf.ts"
import { openSource, type Source } from "./openSource.ts"
import { planOutputs } from "./Packing.ts"
import { runPieces } from "./runPieces.ts"

/** What says nothing would be the folder that the process runs in. */
function checkPath(option: string, path: string): void {
  if (typeof path === "string" && path !== "") return
  throw new InvalidRequestError({ option, problem: "it names nothing", remedy: "Pass a path." })
}

/** A smaller model is done before threads have started. */
const fewestThreadedWeights = 64_000_000

/** Each holds some pieces in memory, and the disk is the limit before these are. */
const mostThreads = 4

/**
 * Converts a model, and writes a folder that opens like any other: `config.json` with
 * `"facet": { "quantization": { bits, blockSize } }` added where weights are quantised, the tokenizer's files, `*.safetensors`
 * of less than 2 GB each, and `facet.manifest.json`. Norms are f32; a matrix `X` is `X.weight` in f16 or f32, or
 * `X.weight` (U8) and `X.weight_scale` (F32). The same source and options give the same bytes.
 *
 * The folder appears whole: an interrupted conversion leaves nothing that opens.
 *
 * @param source a folder of f32, f16 or bf16 safetensors, sharded or not; a GGUF file; a folder of Keras's; or a `.sbs` of
 * gemma.cpp's: see {@link openCheckpoint}.
 * @param target a file that ends in `.gguf`, which llama.cpp opens: see {@link writeGguf}. Or a folder outside the source's, not there yet, empty and no disk's own, or written by an earlier conversion, which it replaces.
 *
 * Rejects with an `InvalidRequestError` for a target that is none of these, an option that makes no sense, or blocks that
 * do not divide the rows of the model's matrices; with the errors of opening a model or an adapter; with a `ModelFileError` when a weight
 * is not finite, or the source holds a tensor that the model's architecture does not have: nothing is dropped in silence;
 * with a `RuntimeError` when the disk is full or refuses; and with the signal's reason.
 *
 * @example
 * await convertModel("./gemma-2-2b-it", "./gemma-2-2b-it-q4", { dtype: "q4" })
 */
export const convertModel = (source: string, target: string, options: ConvertOptions = {}): Promise<Conversion> =>
  convertWith(source, target, options, {})

/** What tests set: how large a shard may be, and how many threads work. */
export interface Means {
  readonly shardBytes?: number
  readonly threads?: number
}

export async function convertWith(
  path: string,
  target: string,
  options: ConvertOptions,
  means: Means,
): Promise<Conversion> {
  const { adapter, importance, origin, signal } = options
  checkPath("source", path)
  checkPath("target", target)
  const source: Source = { path, adapter, importance }
  const checkpoint = await openSource(source)
  try {
    if (isGguf(target)) return await writeGguf(checkpoint, target, options)
    // Options that make no sense leave no trace.
    planOutputs(checkpoint, options)
    await using folder = await FolderTarget.open(target, path)
    const threads = means.threads ?? threadsFor(checkpoint)
    const converted = await convertCheckpoint({
      checkpoint,
      target: folder,
      options,
      described: {
        source: { id: basename(resolve(path)), ...origin },
        ...(adapter !== undefined && { adapter: basename(resolve(adapter)) }),
        ...(importance !== undefined && { importance: basename(importance) }),
      },
      shardBytes: means.shardBytes,
      run: (pieces, onDone) =>
        runPieces(pieces, { source, checkpoint, folder: folder.folder, threads, signal, onDone }),
    })
    await folder.commit()
    return converted
  } catch (cause) {
    throw signal?.aborted === true ? cause : asWritingError(target, cause)
  } finally {
    await checkpoint.close()
  }
}

function threadsFor({ tensors }: Checkpoint): number {
  const weights = tensors.reduce((sum, { spec }) => sum + spec.rows * spec.columns, 0)
  return weights < fewestThreadedWeights ? 0 : Math.min(mostThreads, availableParallelism())
}

const isGguf = (target: string): boolean => target.toLowerCase().endsWith(".gguf")

const told: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EBUSY: "the system uses that place, as it does where a disk is mounted (EBUSY)",
}

/** A disk that refuses says so in a code of the system's. */
function asWritingError(target: string, cause: unknown): unknown {
  const code = cause instanceof Error && "syscall" in cause && "code" in cause ? String(cause.code) : undefined
  if (isFacetError(cause) || code === undefined) return cause
  return new RuntimeError({
    operation: `Writing ${target}`,
    problem: told[code] ?? `the system refused (${code})`,
    remedy: "Make room, or name a place that you may write to. Nothing is left of what was written.",
  })
}
