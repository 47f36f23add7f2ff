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

  /** Takes the next rows, `[count, columns]`: some hundred at once are turned fastest. */
  add(values: Float32Array): void {
    const columns = this.#columns
    const count = values.length / columns
    const levels = new Int8Array(values.length)
    for (let row = 0; row < count; row++) {
      const from = row * columns
      this.scales[this.#rows + row] = roundRow(values, levels, from, from + columns)
    }
    this.#turn(levels, count)
    this.#rows += count
  }

  /** Rows become columns: what is written lies side by side, as writing far apart costs several times the rounding. */
  #turn(levels: Int8Array, count: number): void {
    const { data, scales } = this
    const columns = this.#columns
    for (let column = 0, at = this.#rows; column < columns; column++, at += scales.length) {
      for (let row = 0, from = column; row < count; row++, from += columns) data[at + row] = levels[from]!
    }
  }
}

/** Rounds the values of one row, and gives their scale. */
function roundRow(values: Float32Array, levels: Int8Array, from: number, to: number): number {
  let largest = 0
  for (let i = from; i < to; i++) {
    const size = Math.abs(values[i]!)
    if (size > largest) largest = size
  }
  // A scale that underflows to 0 stands for a row of zeros.
  const scale = Math.fround(largest / 127)
  if (scale === 0) return 0
  const inverse = 1 / scale
  // Cutting off what is positive is rounding to the nearest, and three times as fast as `Math.round`.
  for (let i = from; i < to; i++) levels[i] = ((values[i]! * inverse + 128.5) | 0) - 128
  return scale
}
