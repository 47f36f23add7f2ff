/** That ONNX Runtime reads the bytes as `dequantiseMatrix` does. */
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Tensor } from "onnxruntime-common"
import { seededUniform } from "../uniform.ts"
import { ElementType, GraphBuilder } from "../../src/graph/Onnx.ts"
import { Weights } from "../../src/graph/Weights.ts"
import type { Quantization } from "../../src/words/Tensors.ts"
import { dequantiseMatrix, quantiseMatrix } from "../../src/files/Quantisation.ts"
import type { TensorLocation } from "../../src/words/Tensors.ts"
import { Interlock } from "../../src/runtime/Interlock.ts"
import { makeNodeRuntime } from "../../src/runtime/NodeRuntime.node.ts"

const [rows, columns, tokens] = [48, 256, 3]

const randomValues = (size: number, seed: number): Float32Array => {
  const random = seededUniform(seed)
  return Float32Array.from({ length: size }, () => random() - 0.5)
}

/** The product and the looked-up rows as ONNX Runtime computes them from the quantised bytes. */
const runGraph = async (quantization: Quantization, folder: string, x: Float32Array, ids: ReadonlyArray<number>) => {
  const { data, scales } = quantiseMatrix(randomValues(rows * columns, 1), rows, columns, quantization)
  await writeFile(join(folder, "weights"), Buffer.concat([Buffer.from(scales.buffer), data]))
  const blocks = columns / quantization.blockSize
  const scale = { file: "weights", dtype: "F32", shape: [rows, blocks], offset: 0, length: scales.byteLength } as const
  const shape = [rows, blocks, data.length / rows / blocks]
  const weight = { file: "weights", dtype: "U8", shape, offset: scales.byteLength, length: data.length } as const
  const tensors = new Map<string, TensorLocation>([
    ["m.weight", weight],
    ["m.weight_scale", scale],
  ])

  const graph = new GraphBuilder("quantised")
  const specs = [{ name: "m", kind: "matrix", rows, columns }] as const
  const weights = new Weights(graph, { specs, tensors, multiplication: "int8", rounding: "row" })
  const input = graph.input("x", ElementType.float32, [tokens, columns])
  const wanted = graph.input("ids", ElementType.int64, [ids.length])
  graph.output("product", weights.linear(input, "m"), [tokens, rows])
  graph.output("rows", weights.rows(wanted, "m"), [ids.length, columns])
  const session = await makeNodeRuntime({ interlock: new Interlock(), threads: 1 }).open(graph.build(), folder)
  const feeds = {
    x: new Tensor("float32", x, [tokens, columns]),
    ids: new Tensor("int64", BigInt64Array.from(ids, BigInt), [ids.length]),
  }
  const { product, rows: found } = await session.run(feeds, ["product", "rows"])
  await session.release()
  // Both outputs are declared float32.
  return { product: product!.data as Float32Array, found: found!.data as Float32Array }
}

describe("the quantised layout", () => {
  for (const bits of [4, 8] as const) {
    for (const blockSize of [32, 128]) {
      it(`is what ONNX Runtime reads: ${bits} bits in blocks of ${blockSize}`, async () => {
        const quantization = { bits, blockSize }
        const folder = await mkdtemp(join(tmpdir(), "facet-layout-"))
        try {
          const x = randomValues(tokens * columns, 2)
          const ids = [7, 0, rows - 1]
          const { found, product } = await runGraph(quantization, folder, x, ids)
          const quantised = quantiseMatrix(randomValues(rows * columns, 1), rows, columns, quantization)
          assert.isTrue(quantised.scales.some((scale) => scale < 0) || bits === 8)
          const matrix = dequantiseMatrix(quantised, rows, columns, quantization)
          ids.forEach((id, i) => {
            const expected = matrix.subarray(id * columns, (id + 1) * columns)
            expected.forEach((value, column) => assert.closeTo(found[i * columns + column]!, value, 1e-6))
          })
          for (let token = 0; token < tokens; token++) {
            for (let row = 0; row < rows; row++) {
              let sum = 0
              for (let k = 0; k < columns; k++) sum += x[token * columns + k]! * matrix[row * columns + k]!
              // The activations go through 8 bits on the fast path.
              assert.closeTo(product[token * rows + row]!, sum, 0.03)
            }
          }
        } finally {
          await rm(folder, { recursive: true })
        }
      })
    }
  }
})
