/** Bytes that nobody judges: passed on as they come. */
import type { Frame } from "@facet/sdk"
import type { Format, Piece } from "./Format.ts"

export class OpaqueFormat implements Format {
  readonly isWhole = false
  readonly isRewritten = false

  async *read(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Frame<Piece>> {
    for await (const chunk of bytes)
      yield { value: { bytes: new Uint8Array(chunk), hasText: true, characters: 0 }, size: chunk.length }
  }

  ending(): undefined {
    return undefined
  }
}
