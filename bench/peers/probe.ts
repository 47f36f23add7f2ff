/** What the machine can do at best, for the floors: each measured by one call. */
import { Worker } from "node:worker_threads"
import * as ort from "onnxruntime-node"
import { ElementType, GraphBuilder } from "./Onnx.ts"

export interface Speeds {
  /** Read by all threads together. */
  readonly bytesPerSecond: number
  /** Products of int8 numbers that are added up, as ONNX Runtime does it. */
  readonly int8PerSecond: number
}

export async function probe(threads: number): Promise<Speeds> {
  return { bytesPerSecond: await bandwidth(threads), int8PerSecond: await int8(threads) }
}

/** Larger than the caches of most processors, for each thread. */
const bytesEach = 512 * 1024 * 1024

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

async function bandwidth(threads: number): Promise<number> {
  const workers = Array.from({ length: threads }, () => new Worker(reader, { eval: true, workerData: bytesEach }))
  const said = (): Promise<unknown> =>
    Promise.all(workers.map((worker) => new Promise((resolve) => worker.once("message", resolve))))
  await said()
  const startedAt = performance.now()
  const read = said()
  for (const worker of workers) worker.postMessage("go")
  await read
  const seconds = (performance.now() - startedAt) / 1000
  await Promise.all(workers.map((worker) => worker.terminate()))
  return (threads * bytesEach) / seconds
}

const extent = { rows: 512, inner: 2304, columns: 9216 }

async function int8(threads: number): Promise<number> {
  const { columns, inner, rows } = extent
  const g = new GraphBuilder("probe")
  const a = g.input("a", ElementType.float32, [rows, inner])
  const b = g.input("b", ElementType.int8, [inner, columns])
  const product = g.op("DynamicQuantizeMatMul", [a, b, g.scalar(0.01)], { domain: "com.microsoft" })
  g.output("sum", g.op("ReduceSum", [product], { attributes: { keepdims: 0 } }), [])
  const session = await ort.InferenceSession.create(g.build().bytes, { intraOpNumThreads: threads })
  const feeds = {
    a: new ort.Tensor("float32", new Float32Array(rows * inner).fill(0.5), [rows, inner]),
    b: new ort.Tensor("int8", new Int8Array(inner * columns).fill(3), [inner, columns]),
  }
  // What is set up in the first run is not counted.
  await session.run(feeds)
  const startedAt = performance.now()
  await session.run(feeds)
  const seconds = (performance.now() - startedAt) / 1000
  await session.release()
  return (rows * inner * columns) / seconds
}
