import type { ModelFiles } from "@facet/sdk/folders"
import type { Checkpoint } from "./Checkpoint.ts"
import type { ConversionTarget } from "./ConversionTarget.ts"
import { type Conversion, type ConversionOptions, convertCheckpoint, type Origin } from "./convertCheckpoint.ts"
import { readGgufCheckpoint } from "./gguf/readGgufCheckpoint.ts"
import { type Piece, PieceWriter } from "./PieceWriter.ts"
import { readSafetensorsCheckpoint } from "./readSafetensorsCheckpoint.ts"
import { readSbsCheckpoint } from "./sbs/readSbsCheckpoint.ts"

/** A published checkpoint, wherever its files lie. */
export interface FilesSource {
  readonly files: ModelFiles
  /** The one of them that is the model, where that is a GGUF. */
  readonly gguf?: string | undefined
  /** The same of a file of gemma.cpp's. */
  readonly sbs?: string | undefined
  /** Where it comes from, for the manifest. */
  readonly origin: Origin
}

/** Pieces under way at once: while one is packed, the next are read, which over a network takes as long. */
const inFlight = 4

/**
 * Converts a model as `convertModel` does, on this thread and without a file system of the system's own: from a web
 * server, say, into a browser's storage. Each part of the source is read once, when it is packed, so that memory does not
 * grow with the model. The same source and options give the same bytes as there.
 *
 * Rejects with the errors of `convertModel`, and with those of the source and the target.
 */
export async function convertFiles(
  source: FilesSource,
  target: ConversionTarget,
  options: ConversionOptions = {},
): Promise<Conversion> {
  const { origin } = source
  const checkpoint = await openFiles(source)
  try {
    return await convertCheckpoint({
      checkpoint,
      target,
      options,
      described: { source: origin },
      run: (pieces, onDone) => runHere(pieces, { checkpoint, target, signal: options.signal, onDone }),
    })
  } finally {
    await checkpoint.close()
  }
}

async function openFiles({ files, gguf, sbs }: FilesSource): Promise<Checkpoint> {
  if (gguf !== undefined) return readGgufCheckpoint({ root: `${files.root}/${gguf}`, files, name: gguf })
  if (sbs !== undefined) return readSbsCheckpoint({ root: `${files.root}/${sbs}`, files, name: sbs })
  return readSafetensorsCheckpoint(files)
}

interface Run {
  readonly checkpoint: Checkpoint
  readonly target: ConversionTarget
  readonly signal: AbortSignal | undefined
  readonly onDone: (piece: Piece) => void
}

/** Nothing is under way any more when it has failed. */
async function runHere(pieces: ReadonlyArray<Piece>, { checkpoint, onDone, signal, target }: Run): Promise<void> {
  await using writer = new PieceWriter(checkpoint, (file) => target.open(file))
  const queue = pieces.values()
  let hasFailed = false
  const work = async (): Promise<void> => {
    for (const piece of queue) {
      signal?.throwIfAborted()
      if (hasFailed) return
      await writer.write(piece)
      onDone(piece)
    }
  }
  const all = Array.from({ length: inFlight }, () =>
    work().catch((cause: unknown) => {
      hasFailed = true
      throw cause
    }),
  )
  const failure = (await Promise.allSettled(all)).find((end) => end.status === "rejected")
  if (failure !== undefined) throw failure.reason
}
