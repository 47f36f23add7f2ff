/** What the graphs do with buffers, a host's store does with its own: here on the CPU, which runs the same operators. */
import { Tensor } from "onnxruntime-common"
import { assert, describe, it } from "vitest"
import type { LayerKind } from "../../src/graph/ModelConfig.ts"
import type { Graph } from "../../src/graph/Onnx.ts"
import { Interlock } from "../../src/runtime/Interlock.ts"
import { buildEmptyBuffers, buildRowMoving, buildRowWriting, kvNames } from "../../src/runtime/KvGraphs.ts"
import { makeNodeRuntime } from "../../src/runtime/NodeRuntime.node.ts"
import type { Tensors } from "../../src/runtime/Runtime.ts"

const runtime = makeNodeRuntime({ interlock: new Interlock(), threads: 1 })

async function run(graph: Graph, feeds: Tensors): Promise<ReadonlyArray<Array<number>>> {
  const session = await runtime.open(graph, ".")
  const outputs = await session.run(feeds, [...graph.outputs])
  await session.release()
  return [...graph.outputs].map((name) => Array.from(outputs[name]?.data as Float32Array))
}

const int64 = (values: ReadonlyArray<number>, dims = [values.length]) =>
  new Tensor("int64", BigInt64Array.from(values, BigInt), dims)
const kinds: ReadonlyArray<LayerKind> = ["full", "sliding"]

describe("buffers of keys and values in graphs", () => {
  it("begin as zeros, of their kind's shape", async () => {
    const buffers = await run(buildEmptyBuffers(kinds), {
      [kvNames.rest("full")]: int64([2, 3, 2]),
      [kvNames.rest("sliding")]: int64([2, 1, 2]),
    })
    assert.deepStrictEqual(buffers, [Array(12).fill(0), Array(4).fill(0)])
  })

  it("take rows where they are told to, and keep the others", async () => {
    const past = Float32Array.from({ length: 12 }, (_, i) => i)
    const [present] = await run(buildRowWriting(["full"]), {
      [kvNames.past(0)]: new Tensor("float32", past, [6, 2]),
      [kvNames.rows(0)]: new Tensor("float32", Float32Array.of(-1, -2, -3, -4), [2, 2]),
      [kvNames.slots("full")]: int64([1, 4], [2, 1]),
    })
    assert.deepStrictEqual(present, [0, 1, -1, -2, 4, 5, 6, 7, -3, -4, 10, 11])
  })

  it.each([0, 1])("move rows to the front of others, with %i rows of room", async (room) => {
    const past = Float32Array.from({ length: 12 }, (_, i) => i + 1)
    const [present] = await run(buildRowMoving(["sliding"]), {
      [kvNames.past(0)]: new Tensor("float32", past, [2, 3, 2]),
      [kvNames.from("sliding")]: int64([1]),
      [kvNames.to("sliding")]: int64([3]),
      [kvNames.rest("sliding")]: int64([2, room, 2]),
    })
    const zeros = Array(2 * room).fill(0)
    assert.deepStrictEqual(present, [3, 4, 5, 6, ...zeros, 9, 10, 11, 12, ...zeros])
  })
})
