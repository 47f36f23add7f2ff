/**
 * A published checkpoint in, a Facet model folder out.
 */
import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { open, readFile, stat, statfs, writeFile } from "node:fs/promises"
import { availableParallelism } from "node:os"
import { basename, join, resolve } from "node:path"
import { byteCount, callHook, isFacetError, RuntimeError } from "@facet/sdk/words"
import { configFile, headName, isJsonObject, isMatrix, type JsonObject, weightsIndex } from "@facet/sdk/folders"
import type { Checkpoint } from "./Checkpoint.ts"
import { FolderTarget } from "./FolderTarget.ts"
import { layOutShards, mostShardBytes, rowBytes, scaleName, type Shard, weightName } from "./layOutShards.ts"
import { type FileSum, type Manifest, manifestFile, manifestVersion } from "./Manifest.ts"
import { writeGguf } from "./gguf/writeGguf.ts"
import { openSource, type Source } from "./openSource.ts"
import { type Output, type Packing, type PackingOptions, planOutputs, usualQuantization } from "./Packing.ts"
import { runPieces } from "./runPieces.ts"
import type { Piece } from "./PieceWriter.ts"

export interface ConvertOptions extends PackingOptions {
  /** The folder of a LoRA as peft saves it, which is merged into the weights. */
  readonly adapter?: string | undefined
  /**
   * A `.safetensors` file with how much each input of a matrix counts, `X.importance`, F32 `[columns]`: 4-bit weights are
   * then rounded for the least error in what the layers give, on the text that it was measured on. With `X.moments`, F32
   * `[columns, band]`, columns make up for each other's errors as well.
   */
  readonly importance?: string | undefined
  /** Where the source comes from, for the manifest. */
  readonly origin?: Origin | undefined
  readonly onProgress?: ((progress: ConvertProgress) => void) | undefined
  /** Ends the work; nothing is left of it then. */
  readonly signal?: AbortSignal | undefined
}

export interface Origin {
  /** As its publisher names it: `google/gemma-2-2b-it`. */
  readonly id: string
  readonly revision?: string | undefined
  readonly licence?: string | undefined
}

/** How far the work is. */
export interface ConvertProgress {
  /** The tensor that was written last. */
  readonly tensor: string
  /** Of the weights that are written. */
  readonly loadedBytes: number
  readonly totalBytes: number
  /** Undefined until it can be guessed. */
  readonly secondsLeft: number | undefined
}

export interface Conversion {
  /** Parts of the source that are no part of the text model and were left out, in words: `the vision tower`. */
  readonly leftOut: ReadonlyArray<string>
  /** What the conversion costs beyond what its options say, in sentences. */
  readonly warnings: ReadonlyArray<string>
  /** Of all files that were written. */
  readonly bytes: number
}

/** Weights in a piece of work: 8 MB of f32, so that memory does not grow with the model. */
const pieceWeights = 2_097_152

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
 * @param source a folder of f32, f16 or bf16 safetensors, sharded or not; or a GGUF file.
 * @param target a file that ends in `.gguf`, which llama.cpp opens: see {@link writeGguf}. Or a folder outside the source's, not there yet, empty, or written by an earlier conversion, which it replaces.
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
  const source: Source = { path, adapter: options.adapter, importance: options.importance }
  const checkpoint = await openSource(source)
  try {
    if (isGguf(target)) return await writeGguf(checkpoint, target, options)
    const outputs = planOutputs(checkpoint, options)
    const shards = layOutShards(outputs, means.shardBytes)
    await using folder = await FolderTarget.open(target, path)
    await checkSpace(folder.folder, shards)
    const sums = await writeShards({ source, checkpoint, shards, folder: folder.folder, options, means })
    const warnings = [...checkpoint.warnings, ...largeShards(shards)]
    const texts = textsOf(checkpoint, shards, outputs)
    const files = { ...sums, ...sumsOf(texts) }
    const manifest = await describe({ checkpoint, outputs, files, warnings, options, path })
    options.signal?.throwIfAborted()
    // `config.json` comes last, without which nothing opens.
    for (const [name, bytes] of [[manifestFile, json(manifest)] as const, ...texts]) {
      await writeFile(join(folder.folder, name), bytes, { flush: true })
    }
    await folder.commit()
    const bytes = Object.values(files).reduce((sum, file) => sum + file.bytes, 0)
    return { leftOut: checkpoint.leftOut, warnings, bytes }
  } catch (cause) {
    throw options.signal?.aborted === true ? cause : asWritingError(target, cause)
  } finally {
    await checkpoint.close()
  }
}

const isGguf = (target: string): boolean => target.toLowerCase().endsWith(".gguf")

/** A disk that refuses says so in a code of the system's. */
function asWritingError(target: string, cause: unknown): unknown {
  const code = cause instanceof Error && "syscall" in cause && "code" in cause ? String(cause.code) : undefined
  if (isFacetError(cause) || code === undefined) return cause
  return new RuntimeError({
    operation: `Writing ${target}`,
    problem: code === "ENOSPC" ? "the disk is full" : `the system refused (${code})`,
    remedy: "Make room, or name a folder that you may write to. Nothing is left of what was written.",
  })
}

async function checkSpace(folder: string, shards: ReadonlyArray<Shard>): Promise<void> {
  const needed = shards.reduce((sum, { layout }) => sum + layout.size, 0)
  const { bavail, bsize } = await statfs(folder)
  if (bavail * bsize >= needed) return
  throw new RuntimeError({
    operation: `Writing ${folder}`,
    problem: `${byteCount(needed)} are needed, and the disk has ${byteCount(bavail * bsize)}`,
    remedy: "Make room, name a folder on another disk, or choose a smaller dtype.",
  })
}

function largeShards(shards: ReadonlyArray<Shard>): ReadonlyArray<string> {
  return shards
    .filter(({ layout, outputs }) => outputs.length === 1 && layout.size > mostShardBytes)
    .map(
      ({ file, layout, outputs: [output] }) =>
        `${file} has ${byteCount(layout.size)}, since ${output?.spec.name} alone is so large: a browser may refuse it.`,
    )
}

interface Writing {
  readonly source: Source
  readonly checkpoint: Checkpoint
  readonly shards: ReadonlyArray<Shard>
  readonly folder: string
  readonly options: ConvertOptions
  readonly means: Means
}

/** Writes the weights, and gives each file's checksum. */
async function writeShards({ checkpoint, folder, means, options, shards, source }: Writing): Promise<Sums> {
  const pieces = shards.map((shard) => piecesOf(shard, folder))
  for (const { file, layout } of shards) {
    await using handle = await open(join(folder, file), "wx")
    await handle.write(layout.header, 0, layout.header.length, 0)
    await handle.truncate(layout.size)
  }
  const left = new Map(shards.map(({ file }, i) => [join(folder, file), pieces[i]?.length ?? 0]))
  // A file is summed up while the next one is written.
  const sums: Array<Promise<readonly [string, FileSum]>> = []
  const meter = new Meter(checkpoint, shards, options.onProgress)
  const weights = checkpoint.tensors.reduce((sum, { spec }) => sum + spec.rows * spec.columns, 0)
  const onDone = (piece: Piece): void => {
    meter.add(piece)
    const rest = (left.get(piece.path) ?? 0) - 1
    left.set(piece.path, rest)
    if (rest === 0) sums.push(finishFile(piece.path))
  }
  const threads = weights < fewestThreadedWeights ? 0 : Math.min(mostThreads, availableParallelism())
  try {
    await runPieces(pieces.flat(), { source, checkpoint, threads, ...means, signal: options.signal, onDone })
  } finally {
    await Promise.allSettled(sums)
  }
  return Object.fromEntries(await Promise.all(sums))
}

type Sums = Readonly<Record<string, FileSum>>

function piecesOf({ file, layout, outputs }: Shard, folder: string): ReadonlyArray<Piece> {
  return outputs.flatMap((output) => {
    const { packing, source, spec } = output
    // Where rows become columns, they are written all at once.
    const step = packing.kind === "outputs" ? spec.rows : Math.max(1, Math.floor(pieceWeights / spec.columns))
    const bytes = rowBytes(spec, packing)
    const weightAt = layout.offsets.get(weightName(output)) ?? 0
    const scaleAt = layout.offsets.get(scaleName(output)) ?? 0
    return Array.from({ length: Math.ceil(spec.rows / step) }, (_, i): Piece => {
      const first = i * step
      return {
        source,
        packing,
        first,
        count: Math.min(step, spec.rows - first),
        path: join(folder, file),
        weightAt: weightAt + first * bytes.weight,
        scaleAt: scaleAt + first * bytes.scale,
      }
    })
  })
}

/** Brings a file to the disk, and sums it up. */
async function finishFile(path: string): Promise<readonly [string, FileSum]> {
  const hash = createHash("sha256")
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk)
  await using handle = await open(path, "r+")
  await handle.sync()
  return [basename(path), { bytes: (await stat(path)).size, sha256: hash.digest("hex") }]
}

/** Tells how far the work is. */
class Meter {
  readonly #checkpoint: Checkpoint
  readonly #onProgress: ConvertOptions["onProgress"]
  readonly #totalBytes: number
  readonly #totalWeights: number
  readonly #start = performance.now()
  #bytes = 0
  #weights = 0

  constructor(checkpoint: Checkpoint, shards: ReadonlyArray<Shard>, onProgress: ConvertOptions["onProgress"]) {
    const outputs = shards.flatMap((shard) => shard.outputs)
    this.#checkpoint = checkpoint
    this.#onProgress = onProgress
    this.#totalBytes = shards.reduce((sum, { layout }) => sum + layout.size - layout.header.length, 0)
    this.#totalWeights = outputs.reduce((sum, { spec }) => sum + spec.rows * spec.columns, 0)
  }

  add({ count, packing, source }: Piece): void {
    const spec = this.#checkpoint.tensors[source]?.spec
    const onProgress = this.#onProgress
    if (spec === undefined) return
    const { scale, weight } = rowBytes(spec, packing)
    this.#bytes += count * (scale + weight)
    this.#weights += count * spec.columns
    const seconds = (performance.now() - this.#start) / 1000
    const secondsLeft = seconds < 0.5 ? undefined : (seconds / this.#weights) * (this.#totalWeights - this.#weights)
    const progress = { tensor: spec.name, loadedBytes: this.#bytes, totalBytes: this.#totalBytes, secondsLeft }
    if (onProgress !== undefined) callHook("onProgress", () => onProgress(progress))
  }
}

/** Every file but the weights, in the order in which they are written. */
function textsOf(
  { config, texts }: Checkpoint,
  shards: ReadonlyArray<Shard>,
  outputs: ReadonlyArray<Output>,
): ReadonlyMap<string, Uint8Array> {
  const encoder = new TextEncoder()
  const files = new Map(texts)
  if (shards.length > 1) files.set(weightsIndex, encoder.encode(json(indexOf(shards))))
  return files.set(configFile, encoder.encode(json(withQuantization(config, outputs))))
}

const sumsOf = (files: ReadonlyMap<string, Uint8Array>): Sums =>
  Object.fromEntries(
    [...files].map(([name, bytes]) => [
      name,
      { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") },
    ]),
  )

function indexOf(shards: ReadonlyArray<Shard>): JsonObject {
  const total = shards.reduce((sum, { layout }) => sum + layout.size - layout.header.length, 0)
  const places = shards.flatMap(({ file, layout }) => [...layout.offsets.keys()].map((name) => [name, file] as const))
  return { metadata: { total_size: total }, weight_map: Object.fromEntries(places) }
}

function withQuantization(config: JsonObject, outputs: ReadonlyArray<Output>): JsonObject {
  const quantization = usualQuantization(outputs)
  if (quantization === undefined) return config
  const facet = isJsonObject(config["facet"]) ? config["facet"] : {}
  return { ...config, facet: { ...facet, quantization } }
}

interface Described {
  readonly checkpoint: Checkpoint
  readonly outputs: ReadonlyArray<Output>
  readonly files: Sums
  readonly warnings: ReadonlyArray<string>
  readonly options: ConvertOptions
  readonly path: string
}

async function describe({ checkpoint, files, options, outputs, path, warnings }: Described): Promise<Manifest> {
  const { format, leftOut } = checkpoint
  const embedding = outputs.find(({ spec }) => spec.kind === "embedding")
  const head = outputs.find(({ spec }) => spec.name === headName) ?? embedding
  const others = outputs.filter((output) => isMatrix(output.spec) && output !== embedding && output !== head)
  return {
    version: manifestVersion,
    tool: await toolName(),
    source: { id: basename(resolve(path)), ...options.origin, format },
    ...(options.adapter !== undefined && { adapter: basename(resolve(options.adapter)) }),
    ...(options.importance !== undefined && { importance: basename(options.importance) }),
    weights: [...new Set(others.map(nameOf))].toSorted().join(", "),
    embedding: nameOf(embedding),
    head: nameOf(head),
    leftOut,
    warnings,
    files: Object.fromEntries(Object.entries(files).toSorted(([a], [b]) => (a < b ? -1 : 1))),
  }
}

const nameOf = (output: Output | undefined): string => (output === undefined ? "" : packingName(output.packing))

function packingName(packing: Packing): string {
  if (packing.kind === "outputs") return "int8"
  if (packing.kind === "float") return packing.dtype.toLowerCase()
  return `q${packing.quantization.bits}:${packing.quantization.blockSize}`
}

async function toolName(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"))
  const { name, version } = isJsonObject(manifest) ? manifest : {}
  return `${String(name)} ${String(version)}`
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`
