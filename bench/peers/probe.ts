/** What the machine can do at best, for the floors: each measured by one call. */
import * as ort from "onnxruntime-node"
import { type ClockName, clocks } from "./Clock.ts"
import { measureBandwidth } from "./measureBandwidth.ts"
import { ElementType, GraphBuilder } from "./Onnx.ts"

export interface Speeds {
  /** Read by all threads together. */
  readonly bytesPerSecond: number
  /** Products of int8 numbers that are added up, as ONNX Runtime does it. */
  readonly int8PerSecond: number
}

export async function probe(threads: number, clock: ClockName): Promise<Speeds> {
  return {
    bytesPerSecond: await measureBandwidth(threads, clocks[clock]),
    int8PerSecond: await int8(threads, clocks[clock]),
  }
}

const extent = { rows: 512, inner: 2304, columns: 9216 }

async function int8(threads: number, now: () => number): Promise<number> {
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
  const startedAt = now()
  await session.run(feeds)
  const seconds = (now() - startedAt) / 1000
  await session.release()
  return (rows * inner * columns) / seconds
}
