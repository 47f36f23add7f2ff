/**
 * The pieces of a vocabulary and their ids. The pieces lie behind each other as UTF-8, found by a hash table with open
 * addressing: 256,000 strings, and a `Map` of them, would take ten times the memory and the time.
 */
import { copyCharacter } from "../files/JsonScanner.ts"

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

export class Vocabulary {
  /** All pieces. Whoever appends one writes it at {@link end} first. */
  bytes: Uint8Array
  /** How many pieces there are. */
  size = 0
  /** Where each starts, and where the last ends. */
  readonly #starts: Uint32Array
  readonly #ids: Int32Array
  readonly #mask: number
  /** One more than the place of a piece among all, and above it the bits of its hash that did not choose the slot; 0 is free. */
  readonly #slots: Int32Array
  /** One more than the place of the piece that an id has. */
  #byId = new Int32Array(0)
  readonly #character = new Uint8Array(4)

  /**
   * @param count of pieces that there will be, at most.
   * @param room in bytes, for all of them.
   */
  constructor(count: number, room: number) {
    this.bytes = new Uint8Array(room)
    this.#starts = new Uint32Array(count + 1)
    this.#ids = new Int32Array(count)
    // At most two thirds full: longer searches cost more than room.
    const slots = 2 ** Math.ceil(Math.log2(Math.max(2, count * 1.5)))
    this.#mask = slots - 1
    this.#slots = new Int32Array(slots)
  }

  /** Where the last piece ends. */
  get end(): number {
    return this.#starts[this.size]!
  }

  /**
   * Appends the piece that was written at {@link end}; one that is there already gets the new id.
   *
   * @param end where it ends.
   * @returns its place among all.
   */
  append(end: number, id: number): number {
    const hash = hashOf(this.bytes, this.end, end)
    const slot = this.#slotOf(hash, this.bytes, this.end, end)
    const known = this.#placeIn(slot)
    const place = known < 0 ? this.size : known
    this.#ids[place] = id
    if (known >= 0) return place
    this.size++
    this.#slots[slot] = (hash & ~this.#mask) | this.size
    this.#starts[this.size] = end
    return place
  }

  /**
   * All are appended.
   *
   * @param rows of the model's embedding: ids are told their pieces below it.
   */
  seal(rows: number): void {
    this.bytes = this.bytes.slice(0, this.end)
    let most = -1
    for (let place = 0; place < this.size; place++)
      if (this.#ids[place]! < rows) most = Math.max(most, this.#ids[place]!)
    this.#byId = new Int32Array(most + 1)
    for (let place = 0; place < this.size; place++) {
      const id = this.#ids[place]!
      if (id <= most) this.#byId[id] = place + 1
    }
  }

  /** The id of the piece at a place. */
  idAt(place: number): number {
    return this.#ids[place]!
  }

  /** UTF-16 units of the piece at a place. */
  unitsAt(place: number): number {
    const end = this.#starts[place + 1]!
    let units = 0
    for (let at = this.#starts[place]!; at < end; at++) {
      const byte = this.bytes[at]!
      // A character's first byte; those of four bytes are pairs of surrogates.
      if ((byte & 0xc0) !== 0x80) units += byte >= 0xf0 ? 2 : 1
    }
    return units
  }

  /** Where a piece stands among all; -1 where it does not. */
  placeOf(piece: string): number {
    const bytes = encoder.encode(piece)
    return this.#placeOfBytes(bytes, 0, bytes.length)
  }

  /** The id of a piece; -1 where there is none. */
  idOf(piece: string): number {
    const place = this.placeOf(piece)
    return place < 0 ? -1 : this.#ids[place]!
  }

  /** The id of the piece that a stretch of bytes spells; -1 where there is none. */
  idOfBytes(bytes: Uint8Array, start: number, end: number): number {
    const place = this.#placeOfBytes(bytes, start, end)
    return place < 0 ? -1 : this.#ids[place]!
  }

  /** Whether a stretch of bytes spells the piece of an id. */
  isPieceOf(id: number, bytes: Uint8Array, start: number, end: number): boolean {
    const place = (this.#byId[id] ?? 0) - 1
    return place >= 0 && this.#isAt(place, bytes, start, end)
  }

  /** The id of a single character; -1 where there is none. */
  idOfCharacter(code: number): number {
    return this.idOfBytes(this.#character, 0, copyCharacter(code, this.#character, 0))
  }

  /** The bytes of an id's piece, to be read; undefined where it has none. */
  bytesOf(id: number): Uint8Array | undefined {
    const place = (this.#byId[id] ?? 0) - 1
    return place < 0 ? undefined : this.bytes.subarray(this.#starts[place], this.#starts[place + 1])
  }

  /** The piece of an id; undefined where it has none. */
  pieceOf(id: number): string | undefined {
    const bytes = this.bytesOf(id)
    return bytes === undefined ? undefined : decoder.decode(bytes)
  }

  #placeOfBytes(bytes: Uint8Array, start: number, end: number): number {
    return this.#placeIn(this.#slotOf(hashOf(bytes, start, end), bytes, start, end))
  }

  #placeIn(slot: number): number {
    return (this.#slots[slot]! & this.#mask) - 1
  }

  /** Where a piece is found, or would be. */
  #slotOf(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const [mask, slots] = [this.#mask, this.#slots]
    let slot = hash & mask
    for (;;) {
      const found = slots[slot]!
      if (found === 0) return slot
      if (((found ^ hash) & ~mask) === 0 && this.#isAt((found & mask) - 1, bytes, start, end)) return slot
      slot = (slot + 1) & mask
    }
  }

  #isAt(place: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#starts[place]!
    if (this.#starts[place + 1]! - from !== end - start) return false
    for (let i = start; i < end; i++) if (bytes[i] !== this.bytes[from + i - start]) return false
    return true
  }
}

/** FNV-1a (Fowler, Noll, Vo; RFC 9923), with the end of MurmurHash3's mixing, so that all bits hang on all. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
