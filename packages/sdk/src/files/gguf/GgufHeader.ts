/** The beginning of a GGUF file, read forward in pieces, so that a header of any length costs memory once. */
import type { ModelFileError } from "../../words/Errors.ts"
import type { ModelFiles } from "../ModelFiles.ts"

/** Bytes that are fetched at once: Gemma's metadata, its vocabulary included, is some 6 MB. */
const stride = 1_048_576

/** The most that metadata and the table of tensors may take; several times the largest vocabulary's. */
const mostHeader = 268_435_456

export class GgufHeader {
  readonly #files: ModelFiles
  readonly #name: string
  readonly #size: number
  readonly #refuse: (problem: string) => ModelFileError
  #view: DataView = new DataView(new ArrayBuffer(0))
  /** Where in the file the view starts. */
  #start = 0
  /** Where in the view the next value is. */
  #at = 0
  readonly #text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

  /** @param refuse makes the error that is thrown for a problem. */
  constructor(files: ModelFiles, name: string, size: number, refuse: (problem: string) => ModelFileError) {
    this.#files = files
    this.#name = name
    this.#size = size
    this.#refuse = refuse
  }

  /** Of the next value, counted from the file's start. */
  get position(): number {
    return this.#start + this.#at
  }

  /**
   * Makes the next `count` bytes ready. Says nothing where they are, so that a loop over a vocabulary need not wait for
   * each word.
   */
  need(count: number): Promise<void> | undefined {
    return this.#at + count <= this.#view.byteLength ? undefined : this.#fill(count)
  }

  async #fill(count: number): Promise<void> {
    this.checkRoom(count)
    const start = this.position
    const bytes = await this.#files.readRange(this.#name, start, Math.min(Math.max(count, stride), this.#size - start))
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#start = start
    this.#at = 0
  }

  /**
   * A count that a file claims is believed only as far as its bytes reach.
   *
   * @throws ModelFileError when the file, or any sane header, ends before `count` more bytes.
   */
  checkRoom(count: number): void {
    const end = this.position + count
    if (end > this.#size) throw this.#refuse(`truncated: it ends at byte ${this.#size}, and ${end} are needed`)
    if (end > mostHeader) throw this.#refuse(`its metadata would take more than ${mostHeader} bytes`)
  }

  /** Moves on over `bytes` that {@link need} made ready. */
  #skip(bytes: number): number {
    const at = this.#at
    this.#at += bytes
    return at
  }

  u8(): number {
    return this.#view.getUint8(this.#skip(1))
  }

  i8(): number {
    return this.#view.getInt8(this.#skip(1))
  }

  u16(): number {
    return this.#view.getUint16(this.#skip(2), true)
  }

  i16(): number {
    return this.#view.getInt16(this.#skip(2), true)
  }

  u32(): number {
    return this.#view.getUint32(this.#skip(4), true)
  }

  i32(): number {
    return this.#view.getInt32(this.#skip(4), true)
  }

  f32(): number {
    return this.#view.getFloat32(this.#skip(4), true)
  }

  f64(): number {
    return this.#view.getFloat64(this.#skip(8), true)
  }

  /** Rounded beyond 2^53: no length, offset or id is that large in a file that exists. */
  u64(): number {
    return Number(this.#view.getBigUint64(this.#skip(8), true))
  }

  i64(): number {
    return Number(this.#view.getBigInt64(this.#skip(8), true))
  }

  /** A length and so many bytes of UTF-8. */
  async text(): Promise<string> {
    // Not awaited where the bytes are there: see `need`.
    const prefix = this.need(8)
    if (prefix !== undefined) await prefix
    const length = this.u64()
    const content = this.need(length)
    if (content !== undefined) await content
    const bytes = new Uint8Array(this.#view.buffer, this.#view.byteOffset + this.#skip(length), length)
    try {
      return this.#text.decode(bytes)
    } catch {
      throw this.#refuse("one of its texts is not UTF-8")
    }
  }
}
