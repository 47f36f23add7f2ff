/** The first line of a conversion's thread. */
import { parentPort, workerData } from "node:worker_threads"
import { asFacetError, errorToPlain } from "@facet/sdk/words"
import { openSource } from "./openSource.ts"
import { openTargetFile } from "./openTargetFile.ts"
import type { FromThread, ThreadData } from "./runPieces.ts"
import { type Piece, PieceWriter } from "./PieceWriter.ts"

const port = parentPort
if (port === null) throw new Error("this module is a conversion's thread and nothing else")
const say = (message: FromThread): void => port.postMessage(message)

// `workerData` is untyped; what starts this thread writes exactly this.
const { folder, source } = workerData as ThreadData
const writer = openSource(source).then(
  (checkpoint) => new PieceWriter(checkpoint, (file) => openTargetFile(folder, file)),
)
// Whoever waits for a piece is told.
writer.catch(() => undefined)

let before = Promise.resolve()
port.on("message", (piece: Piece) => {
  const written = writer.then((open) => open.write(piece))
  // Told in the order in which they came.
  before = Promise.all([before, written]).then(
    () => say({ kind: "done" }),
    (cause: unknown) => say({ kind: "failed", error: errorToPlain(asFacetError("Converting", cause)) }),
  )
})
