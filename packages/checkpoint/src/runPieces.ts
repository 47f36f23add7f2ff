/** Pieces of a conversion, spread over threads. */
import { Worker } from "node:worker_threads"
import { asFacetError, errorFromPlain, type PlainError, RuntimeError } from "@facet/sdk/words"
import type { Checkpoint } from "./Checkpoint.ts"
import type { Source } from "./openSource.ts"
import { openTargetFile } from "./openTargetFile.ts"
import { type Piece, PieceWriter } from "./PieceWriter.ts"

/** What a thread says: that it is done with a piece, or what went wrong. */
export type FromThread = { readonly kind: "done" } | { readonly kind: "failed"; readonly error: PlainError }

/** What a thread is started with. */
export interface ThreadData {
  readonly source: Source
  readonly folder: string
}

/** The entry lies beside this file: as TypeScript in the sources, as JavaScript in what is published. */
const entry = new URL(import.meta.url.endsWith(".ts") ? "./entry.ts" : "./entry.js", import.meta.url)

/** Pieces that a thread has at once: one is read while another is packed. */
const inFlight = 2

export interface PieceRun {
  /** What each thread opens for itself. */
  readonly source: Source
  /** Where the files lie that are written. */
  readonly folder: string
  /** The same, open here already. */
  readonly checkpoint: Checkpoint
  /** 0: all is done on this thread. */
  readonly threads: number
  readonly signal?: AbortSignal | undefined
  /** After each piece, in the order in which they are done. */
  readonly onDone: (piece: Piece) => void
}

/**
 * Does all pieces, in about their order. They write to places of their own, so that the bytes do not depend on who does
 * which.
 *
 * Rejects with the first failure, or the signal's reason; nothing is under way any more then.
 */
export async function runPieces(pieces: ReadonlyArray<Piece>, run: PieceRun): Promise<void> {
  const { signal, threads } = run
  signal?.throwIfAborted()
  if (threads > 0) return runOnThreads(pieces, run)
  await using writer = new PieceWriter(run.checkpoint, (file) => openTargetFile(run.folder, file))
  for (const piece of pieces) {
    await writer.write(piece)
    run.onDone(piece)
    signal?.throwIfAborted()
  }
}

async function runOnThreads(
  pieces: ReadonlyArray<Piece>,
  { folder, onDone, signal, source, threads }: PieceRun,
): Promise<void> {
  const queue = pieces.values()
  const workers = Array.from({ length: Math.min(threads, pieces.length) }, () => startThread({ source, folder }))
  const failed = Promise.withResolvers<never>()
  const abort = (): void => failed.reject(signal?.reason)
  signal?.addEventListener("abort", abort)
  try {
    await Promise.race([
      failed.promise,
      Promise.all(workers.map((worker) => feed(worker, queue, onDone, failed.reject))),
    ])
  } finally {
    signal?.removeEventListener("abort", abort)
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

function startThread(data: ThreadData): Worker {
  const options = { workerData: data, name: "facet-convert" }
  // A thread inherits Node's flags by itself, but stumbles over the one that says how the main script was written.
  const hasInputType = process.execArgv.some((flag) => flag.startsWith("--input-type"))
  return new Worker(entry, hasInputType ? { ...options, execArgv: [] } : options)
}

/** Gives a thread one piece after the other, until there are none left. */
function feed(
  worker: Worker,
  queue: Iterator<Piece>,
  onDone: (piece: Piece) => void,
  fail: (reason: unknown) => void,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const given: Array<Piece> = []
  const give = (): void => {
    const next = queue.next()
    if (next.done !== true) {
      given.push(next.value)
      worker.postMessage(next.value)
    } else if (given.length === 0) resolve()
  }
  worker.on("message", (message: FromThread) => {
    if (message.kind === "failed") return fail(errorFromPlain(message.error))
    // A thread is done with its pieces in the order in which it got them.
    const piece = given.shift()
    if (piece !== undefined) onDone(piece)
    give()
  })
  worker.on("error", (cause) => fail(asFacetError("Converting", cause)))
  worker.on("exit", (code) =>
    fail(new RuntimeError({ operation: "Converting", problem: `a thread ended with code ${code}` })),
  )
  for (let i = 0; i < inFlight; i++) give()
  return promise
}
