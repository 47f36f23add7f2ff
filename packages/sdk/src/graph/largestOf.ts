import type { GraphBuilder, Value } from "./Onnx.ts"

/**
 * The `k`-th largest of each row.
 *
 * @param rows `[..., N]`
 * @param k int64 `[1]`, at most `N`
 * @returns `[..., 1]`
 */
export function largestOf(g: GraphBuilder, rows: Value, k: Value): Value {
  const [largest = ""] = g.opMany("TopK", [rows, k], [true, true], { attributes: { axis: -1 } })
  return g.op("ReduceMin", [largest, g.ints(-1)], { attributes: { keepdims: 1 } })
}
