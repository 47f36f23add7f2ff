/** What a site holds of a text, as one row: added to as the text is run. */
import type { RowPositions } from "./Request.ts"

export class RowOfText {
  readonly #row: Float64Array
  readonly #positions: RowPositions
  #tokens = 0

  /** @param width of the site. */
  constructor(width: number, positions: RowPositions) {
    this.#row = new Float64Array(width)
    this.#positions = positions
  }

  /** @param rows of the next tokens, `[tokens, width]`; the text's first is `<bos>`. */
  add(rows: Float32Array): void {
    const width = this.#row.length
    if (this.#positions === "last") this.#row.set(rows.subarray(rows.length - width))
    else for (let at = this.#tokens === 0 ? width : 0; at < rows.length; at++) this.#row[at % width]! += rows[at]!
    this.#tokens += rows.length / width
  }

  get row(): Float32Array<ArrayBuffer> {
    const count = this.#positions === "last" ? 1 : Math.max(1, this.#tokens - 1)
    return Float32Array.from(this.#row, (value) => value / count)
  }
}
