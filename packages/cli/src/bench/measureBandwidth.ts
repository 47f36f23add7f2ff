/** How fast memory is read: the floor of decoding, which reads all weights for each token. */
import { Worker } from "node:worker_threads"

/** Larger than the caches of most processors. */
const bytesOfAll = 1024 * 1024 * 1024

/** Looks for a byte that is not there: the C library's search reads as fast as memory gives. */
const reader = `
  const { parentPort, workerData } = require("node:worker_threads")
  const bytes = Buffer.alloc(workerData, 1)
  parentPort.on("message", () => {
    bytes.indexOf(2)
    parentPort.postMessage("read")
  })
  parentPort.postMessage("ready")
`

/**
 * @param now milliseconds since some moment; default by the wall's clock
 * @returns bytes a second that so many threads read together, in one pass over 1 GiB
 */
export async function measureBandwidth(threads: number, now = () => performance.now()): Promise<number> {
  const bytesEach = Math.floor(bytesOfAll / threads)
  const workers = Array.from({ length: threads }, () => new Worker(reader, { eval: true, workerData: bytesEach }))
  const said = (): Promise<unknown> =>
    Promise.all(workers.map((worker) => new Promise((resolve) => worker.once("message", resolve))))
  await said()
  const startedAt = now()
  const read = said()
  for (const worker of workers) worker.postMessage("go")
  await read
  const seconds = (now() - startedAt) / 1000
  await Promise.all(workers.map((worker) => worker.terminate()))
  return (threads * bytesEach) / seconds
}
