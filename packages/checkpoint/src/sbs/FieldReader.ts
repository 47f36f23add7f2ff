/**
 * Fields as gemma.cpp writes them (`io/fields.cc`): a sequence of u32, little endian. A record begins with the number of u32
 * that follow; a reader that knows fewer fields skips the rest, and one that knows more finds some missing.
 */
import type { ModelFileError } from "@facet/sdk/words"

/** Of gemma.cpp's reader: a longer list is no configuration. */
const mostEntries = 65_536

export class FieldReader {
  readonly #view: DataView
  readonly #refuse: (problem: string) => ModelFileError
  #at = 0
  /** Where the innermost record ends. */
  #end: number

  constructor(bytes: Uint8Array, refuse: (problem: string) => ModelFileError) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#refuse = refuse
    this.#end = Math.floor(bytes.length / 4)
  }

  /** Whether there is another field in this record. */
  get hasMore(): boolean {
    return this.#at < this.#end
  }

  /** Reads a record, and goes on behind it. */
  record<A>(read: (fields: FieldReader) => A): A {
    const length = this.#next()
    const outer = this.#end
    const end = this.#at + length
    if (end > outer) throw this.#refuse("a record of its fields is longer than what holds it")
    this.#end = end
    const value = read(this)
    this.#at = end
    this.#end = outer
    return value
  }

  /** A number, a flag or a choice; what an older writer did not know has its default. */
  u32(otherwise = 0): number {
    return this.hasMore ? this.#next() : otherwise
  }

  f32(otherwise = 0): number {
    if (!this.hasMore) return otherwise
    this.#next()
    const value = this.#view.getFloat32((this.#at - 1) * 4, true)
    if (Number.isFinite(value)) return value
    throw this.#refuse(`one of its fields is ${value}`)
  }

  text(): string {
    if (!this.hasMore) return ""
    const length = this.#next()
    if (this.#at + length > this.#end) throw this.#refuse("a text of its fields is longer than what holds it")
    const bytes = new Uint8Array(this.#view.buffer, this.#view.byteOffset + this.#at * 4, length * 4)
    this.#at += length
    return new TextDecoder("latin1").decode(bytes).replace(/\0+$/, "")
  }

  list<A>(read: (fields: FieldReader) => A): ReadonlyArray<A> {
    if (!this.hasMore) return []
    const count = this.#next()
    if (count > mostEntries) throw this.#refuse(`one of its lists would have ${count} entries`)
    return Array.from({ length: count }, () => {
      if (!this.hasMore) throw this.#refuse("one of its lists is cut")
      return read(this)
    })
  }

  #next(): number {
    if (this.#at >= this.#end) throw this.#refuse("its fields are cut")
    return this.#view.getUint32(this.#at++ * 4, true)
  }
}
