/** Follows one text along a grammar: says which tokens may come next, and which must. */
import type { Automaton } from "./Automaton.ts"
import { escapeByte } from "./ControlBytes.ts"
import { mayBeInName, type State } from "./Machine.ts"
import { jsonNotation } from "./Notation.ts"
import { clearToken, hasToken, type TokenMask } from "./TokenMask.ts"

/** A forced stretch is looked for no further ahead. */
const mostForced = 1024

/** Where there is room for so many tokens more than the end needs, no name is looked at twice. */
const nearEnd = 64

const noBytes = new Uint8Array(0)

const backslash = 0x5c

export class Matcher {
  readonly #automaton: Automaton
  /** What was said, as far as the names of objects may still be asked for. */
  readonly #bytes: Array<number> = []
  #state: State

  constructor(automaton: Automaton) {
    this.#automaton = automaton
    this.#state = automaton.start
  }

  /** Whether the text may end here. */
  get mayEnd(): boolean {
    return this.#state.isDone
  }

  /** Whether the text must end here. */
  get mustEnd(): boolean {
    return this.#state.isDone && this.#state.arcs.length === 0
  }

  /** The fewest tokens, or a number above it, to an end. */
  get distance(): number {
    return this.#state.distance
  }

  /**
   * Whether a token may come next.
   *
   * @param room how many tokens may follow it: where they are few, only what brings the end nearer may come.
   */
  accepts(id: number, room = Infinity): boolean {
    const after = this.#after(id)
    return after !== null && (after.distance <= room || after.distance < this.#state.distance)
  }

  /**
   * The tokens that may come next, as bits.
   *
   * @param room as in {@link accepts}.
   */
  mask(room = Infinity): TokenMask {
    const most = Math.max(room, this.#state.distance - 1)
    const mask = this.#automaton.mask(this.#state, most)
    const checked = this.#withoutFarNames(this.#withoutTakenNames(mask), most)
    // Rather a text that is cut than none.
    return checked.some((word) => word !== 0) || most === Infinity ? checked : this.mask()
  }

  /** How many tokens, one after the other, may come next. */
  acceptsOf(ids: ReadonlyArray<number>): number {
    const ahead = new Matcher(this.#automaton)
    ahead.#state = this.#state
    ahead.#bytes.push(...this.#bytes)
    const refused = ids.findIndex((id) => {
      if (!ahead.accepts(id)) return true
      ahead.advance(id)
      return false
    })
    return refused < 0 ? ids.length : refused
  }

  /** Takes a token that may come next. */
  advance(id: number): void {
    this.say(this.#automaton.bytesOf(id))
  }

  /** Takes bytes that may come next. */
  say(bytes: Uint8Array): void {
    for (const byte of bytes) this.#say(byte)
  }

  /** The bytes that must come next, as far as there is no choice. */
  forced(): Uint8Array {
    const { machine } = this.#automaton
    const bytes: Array<number> = []
    let state: State | null = this.#state
    while (state !== null && bytes.length < mostForced) {
      const byte = machine.only(state)
      if (byte < 0) break
      bytes.push(byte)
      state = machine.step(state, byte)
    }
    return Uint8Array.from(bytes)
  }

  /** Whether nothing more may come after bytes that must. */
  endsAfter(forced: Uint8Array): boolean {
    const { machine } = this.#automaton
    let state: State | null = this.#state
    for (const byte of forced) state = state === null ? null : machine.step(state, byte)
    return state !== null && state.isDone && state.arcs.length === 0
  }

  #after(id: number): State | null {
    const { machine } = this.#automaton
    const bytes = this.#automaton.bytesOf(id)
    let state: State | null = bytes.length === 0 ? null : this.#state
    for (let i = 0; i < bytes.length && state !== null; i++) {
      state = machine.advance(state, bytes[i]!, () => lastName(this.#bytes, bytes, i, bytes[i]!))
    }
    return state
  }

  #say(byte: number): void {
    const after = this.#automaton.machine.advance(this.#state, byte, () => lastName(this.#bytes, noBytes, 0, byte))
    if (after === null) throw new Error("a token was said that the grammar does not let through")
    this.#state = after
    this.#bytes.push(byte)
  }

  /** A mask knows the names before a token, and not those within: a token of so many quotes may hold one twice. */
  #withoutTakenNames(mask: TokenMask): TokenMask {
    if (!this.#automaton.hasNames) return mask
    return without(mask, this.#automaton.quoting.several, (id) => this.#after(id) === null)
  }

  /** A name that is taken makes those to come longer: how far the end is then is seen once it is said. */
  #withoutFarNames(mask: TokenMask, most: number): TokenMask {
    if (!this.#automaton.hasNames || most > this.#state.distance + nearEnd) return mask
    // Where no name has begun, one ends with its second quote.
    const { any, pairs } = this.#automaton.quoting
    return without(mask, mayBeInName(this.#state) ? any : pairs, (id) => !this.accepts(id, most))
  }
}

function without(mask: TokenMask, ids: ReadonlyArray<number>, isRefused: (id: number) => boolean): TokenMask {
  const refused = ids.filter((id) => hasToken(mask, id) && isRefused(id))
  if (refused.length === 0) return mask
  const rest = mask.slice()
  for (const id of refused) clearToken(rest, id)
  return rest
}

const decoder = new TextDecoder()

/** The name that a quote of its notation ends after what was said, and so many bytes more. */
function lastName(said: ReadonlyArray<number>, more: Uint8Array, count: number, quote: number): string {
  const byteAt = (place: number): number => (place < said.length ? said[place]! : more[place - said.length]!)
  const end = said.length + count
  return quote === escapeByte ? escapedName(byteAt, end) : jsonName(byteAt, end)
}

/** Nothing between the two is escaped. */
function escapedName(byteAt: (place: number) => number, end: number): string {
  let start = end
  while (start > 0 && byteAt(start - 1) !== escapeByte) start--
  return decoder.decode(Uint8Array.from({ length: end - start }, (_, i) => byteAt(start + i)))
}

function jsonName(byteAt: (place: number) => number, end: number): string {
  const { quote } = jsonNotation
  let start = end - 1
  while (start >= 0 && !(byteAt(start) === quote && isPlain(byteAt, start))) start--
  const bytes = Uint8Array.from({ length: end - start + 1 }, (_, i) => (start + i < end ? byteAt(start + i) : quote))
  const name: unknown = JSON.parse(decoder.decode(bytes))
  return String(name)
}

/** Whether the character at a place is none that backslashes before it escape. */
function isPlain(byteAt: (place: number) => number, place: number): boolean {
  let count = 0
  while (place > count && byteAt(place - 1 - count) === backslash) count++
  return count % 2 === 0
}
