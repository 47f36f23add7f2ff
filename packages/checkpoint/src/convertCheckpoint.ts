/** A checkpoint in, a Facet model folder out, wherever both lie: on disks, on a web server, in a browser's storage. */
import { byteCount } from "@facet/sdk/words"
import { configFile, headName, isJsonObject, isMatrix, type JsonObject, weightsIndex } from "@facet/sdk/folders"
import { configText } from "./configText.ts"
import type { Checkpoint } from "./Checkpoint.ts"
import { ConversionMeter, type ConvertProgress } from "./ConversionMeter.ts"
import type { ConversionTarget } from "./ConversionTarget.ts"
import { layOutShards, mostShardBytes, rowBytes, scaleName, type Shard, weightName } from "./layOutShards.ts"
import { type FileSum, type Manifest, manifestFile, manifestVersion } from "./Manifest.ts"
import { type Output, type Packing, type PackingOptions, planOutputs, usualQuantization } from "./Packing.ts"
import type { Piece } from "./PieceWriter.ts"
import { tool } from "./tool.ts"

/** What every conversion can be asked. */
export interface ConversionOptions extends PackingOptions {
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

export interface Conversion {
  /** Parts of the source that are no part of the text model and were left out, in words: `the vision tower`. */
  readonly leftOut: ReadonlyArray<string>
  /** What the conversion costs beyond what its options say, in sentences. */
  readonly warnings: ReadonlyArray<string>
  /** Of all files that were written. */
  readonly bytes: number
}

/** What is written where, and by whom. */
export interface ConversionWork {
  readonly checkpoint: Checkpoint
  readonly target: ConversionTarget
  readonly options: ConversionOptions
  /** What the manifest says of the source beside its format, and of what went into the weights with it. */
  readonly described: Pick<Manifest, "adapter" | "importance"> & { readonly source: Origin }
  /** How large a file of weights may be, where it is not as large as usual. */
  readonly shardBytes?: number | undefined
  /** Does all pieces, in about their order, and tells after each. */
  readonly run: (pieces: ReadonlyArray<Piece>, onDone: (piece: Piece) => void) => Promise<void>
}

/** Weights in a piece of work: 8 MB of f32, so that memory does not grow with the model. */
const pieceWeights = 2_097_152

/**
 * Writes all files of the folder, `config.json` last, without which nothing opens.
 *
 * Rejects with the errors of planning, reading and writing, and with the signal's reason.
 */
export async function convertCheckpoint(work: ConversionWork): Promise<Conversion> {
  const { checkpoint, options, target } = work
  const outputs = planOutputs(checkpoint, options)
  const shards = layOutShards(outputs, work.shardBytes)
  const texts = textsOf(checkpoint, shards, outputs)
  await target.checkRoom(total(shards.map(({ layout }) => layout.size)) + total([...texts.values()].map(lengthOf)))
  const sums = await writeShards(work, shards)
  const warnings = [...checkpoint.warnings, ...largeShards(shards)]
  const files = { ...sums, ...(await sumsOf(texts)) }
  const manifest = describe(work, { outputs, files, warnings })
  options.signal?.throwIfAborted()
  for (const [name, bytes] of [[manifestFile, encode(json(manifest))] as const, ...texts]) {
    await target.write(name, bytes)
  }
  return { leftOut: checkpoint.leftOut, warnings, bytes: total(Object.values(files).map(({ bytes }) => bytes)) }
}

const total = (sizes: ReadonlyArray<number>): number => sizes.reduce((sum, size) => sum + size, 0)
const lengthOf = ({ length }: Uint8Array): number => length

function largeShards(shards: ReadonlyArray<Shard>): ReadonlyArray<string> {
  return shards
    .filter(({ layout, outputs }) => outputs.length === 1 && layout.size > mostShardBytes)
    .map(
      ({ file, layout, outputs: [output] }) =>
        `${file} has ${byteCount(layout.size)}, since ${output?.spec.name} alone is so large: a browser may refuse it.`,
    )
}

/** Writes the weights, and gives each file's checksum. */
async function writeShards(
  { checkpoint, options, run, target }: ConversionWork,
  shards: ReadonlyArray<Shard>,
): Promise<Sums> {
  const pieces = shards.map(piecesOf)
  for (const { file, layout } of shards) {
    await target.create(file, layout.size)
    const opened = await target.open(file)
    try {
      await opened.write(layout.header, 0)
    } finally {
      await opened.close()
    }
  }
  const left = new Map(shards.map(({ file }, i) => [file, pieces[i]?.length ?? 0]))
  // A file is summed up while the next one is written.
  const sums: Array<Promise<readonly [string, FileSum]>> = []
  const meter = new ConversionMeter(checkpoint, shards, options.onProgress)
  const onDone = (piece: Piece): void => {
    meter.add(piece)
    const { file } = piece
    const rest = (left.get(file) ?? 0) - 1
    left.set(file, rest)
    if (rest === 0) sums.push(target.finish(file).then((sum) => [file, sum]))
  }
  try {
    await run(pieces.flat(), onDone)
  } finally {
    await Promise.allSettled(sums)
  }
  return Object.fromEntries(await Promise.all(sums))
}

type Sums = Readonly<Record<string, FileSum>>

function piecesOf({ file, layout, outputs }: Shard): ReadonlyArray<Piece> {
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
        file,
        weightAt: weightAt + first * bytes.weight,
        scaleAt: scaleAt + first * bytes.scale,
      }
    })
  })
}

/** Every file but the weights, in the order in which they are written. */
function textsOf(
  { config, texts }: Checkpoint,
  shards: ReadonlyArray<Shard>,
  outputs: ReadonlyArray<Output>,
): ReadonlyMap<string, Uint8Array> {
  const files = new Map(texts)
  if (shards.length > 1) files.set(weightsIndex, encode(json(indexOf(shards))))
  return files.set(configFile, encode(configText(withQuantization(config, outputs))))
}

const sumsOf = async (files: ReadonlyMap<string, Uint8Array>): Promise<Sums> =>
  Object.fromEntries(
    await Promise.all(
      [...files].map(async ([name, bytes]): Promise<readonly [string, FileSum]> => [
        name,
        { bytes: bytes.length, sha256: hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes.slice()))) },
      ]),
    ),
  )

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")

function indexOf(shards: ReadonlyArray<Shard>): JsonObject {
  const bytes = total(shards.map(({ layout }) => layout.size - layout.header.length))
  const places = shards.flatMap(({ file, layout }) => [...layout.offsets.keys()].map((name) => [name, file] as const))
  return { metadata: { total_size: bytes }, weight_map: Object.fromEntries(places) }
}

function withQuantization(config: JsonObject, outputs: ReadonlyArray<Output>): JsonObject {
  const quantization = usualQuantization(outputs)
  if (quantization === undefined) return config
  const facet = isJsonObject(config["facet"]) ? config["facet"] : {}
  return { ...config, facet: { ...facet, quantization } }
}

interface Written {
  readonly outputs: ReadonlyArray<Output>
  readonly files: Sums
  readonly warnings: ReadonlyArray<string>
}

function describe({ checkpoint, described }: ConversionWork, { files, outputs, warnings }: Written): Manifest {
  const { format, leftOut } = checkpoint
  const embedding = outputs.find(({ spec }) => spec.kind === "embedding")
  const head = outputs.find(({ spec }) => spec.name === headName) ?? embedding
  const others = outputs.filter((output) => isMatrix(output.spec) && output !== embedding && output !== head)
  return {
    version: manifestVersion,
    tool,
    ...described,
    source: { ...described.source, format },
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

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
