/**
 * A linear layer's weights in 8 bits with one scale for each output, turned: int8 `[columns, rows]`. What ONNX Runtime's
 * integer products read.
 */
export class OutputLevels {
  /** `[columns, rows]`, from -127 to 127. */
  readonly data: Int8Array<ArrayBuffer>
  /** `[rows]`: a weight is its scale times its level. */
  readonly scales: Float32Array<ArrayBuffer>
  readonly #columns: number
  #rows = 0

  constructor(rows: number, columns: number) {
    this.data = new Int8Array(rows * columns)
    this.scales = new Float32Array(rows)
    this.#columns = columns
  }

  /** Takes the next rows, `[count, columns]`. */
  add(values: Float32Array): void {
    const columns = this.#columns
    for (let at = 0; at < values.length; at += columns) this.#addRow(values.subarray(at, at + columns))
  }

  #addRow(row: Float32Array): void {
    const { data, scales } = this
    const column = this.#rows++
    let largest = 0
    for (let i = 0; i < row.length; i++) largest = Math.max(largest, Math.abs(row[i]!))
    // A scale that underflows to 0 stands for a row of zeros.
    const scale = Math.fround(largest / 127)
    scales[column] = scale
    if (scale === 0) return
    const inverse = 1 / scale
    const width = scales.length
    for (let i = 0, at = column; i < row.length; i++, at += width) data[at] = Math.round(row[i]! * inverse)
  }
}
