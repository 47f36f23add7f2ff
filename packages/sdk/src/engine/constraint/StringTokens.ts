/** What may follow within a JSON string of which nothing but its length is asked. */
import { type ByteAutomaton, dead } from "./ByteAutomaton.ts"
import { anyString, jsonCharacters, outside } from "./JsonString.ts"
import { addTokens, maskWords, setToken, type TokenMask } from "./TokenMask.ts"
import type { TokenTrie } from "./TokenTrie.ts"
import type { VocabularyWalk } from "./VocabularyWalk.ts"

/** What a place in a string lets through: so many characters, and an end that is so near. */
interface StringRange {
  readonly least: number
  readonly longest: number
  readonly most: number
}

/** How many characters a token adds to a JSON string, if it may stand there: what a length limit asks. */
export class StringTokens {
  readonly #words: number
  /** Tokens of whole characters that stay in the string, by how many they are. */
  readonly #whole: Array<Array<number>> = []
  /** `[n]`: those of at most n characters. */
  readonly #upTo: Array<TokenMask> = []
  /** Tokens that end in the middle of a character, with the characters that have begun, and the bytes that this one lacks. */
  readonly #parts: Array<readonly [characters: number, missing: number, id: number]> = []
  /** Tokens that end the string and no more, after so many characters. */
  readonly #closing: Array<readonly [characters: number, id: number]> = []
  readonly #exits: Array<readonly [characters: number, node: number]> = []

  constructor(trie: TokenTrie, walk: VocabularyWalk) {
    this.#words = maskWords(trie.vocabSize)
    const counts = new CountedString()
    walk.visit(counts, 0, {
      token: (id, state) => {
        const characters = counts.characters(state)
        const missing = counts.missing(state)
        if (counts.accepts(state)) this.#closing.push([characters, id])
        else if (missing > 0) this.#parts.push([characters + 1, missing, id])
        else (this.#whole[characters] ??= []).push(id)
      },
      exit: (node, state) => void this.#exits.push([counts.characters(state), node]),
    })
  }

  /** Gives the nodes at which the string may end in the middle of a token. */
  add({ least, longest, most }: StringRange, mask: TokenMask): ReadonlyArray<number> {
    // Behind whole characters the end is as far as the characters that must follow, and the quote.
    if (most >= 1) this.#addWhole(least + 1 - most, longest, mask)
    for (const [characters, missing, id] of this.#parts) {
      if (characters <= longest && Math.max(0, least - characters) + missing < most) setToken(mask, id)
    }
    for (const [characters, id] of this.#closing) {
      if (characters >= least && characters <= longest && most >= 0) setToken(mask, id)
    }
    const exits: Array<number> = []
    for (const [characters, node] of this.#exits) if (characters >= least && characters <= longest) exits.push(node)
    return exits
  }

  /** Tokens of whole characters, at least and at most so many. */
  #addWhole(fewest: number, longest: number, mask: TokenMask): void {
    const last = Math.min(longest, this.#whole.length - 1)
    if (fewest > 1) {
      for (let count = fewest; count <= last; count++) for (const id of this.#whole[count] ?? []) setToken(mask, id)
      return
    }
    addTokens(mask, this.#bits(last))
  }

  #bits(longest: number): TokenMask {
    const known = this.#upTo[longest]
    if (known !== undefined) return known
    const bits = longest > 0 ? this.#bits(longest - 1).slice() : new Uint32Array(this.#words)
    for (const id of this.#whole[longest] ?? []) setToken(bits, id)
    this.#upTo[longest] = bits
    return bits
  }
}

/** The inside of a string, with a count of its characters. */
class CountedString implements ByteAutomaton {
  readonly id = -1
  readonly start = 0
  readonly farthest = 0
  static readonly #size = 4096

  step(state: number, byte: number): number {
    const size = CountedString.#size
    const inner = state % size
    const after = anyString.step(inner + outside, byte)
    if (after === dead || inner === size - 1) return dead
    if (after < outside) return state - inner + size - 1
    // Between two characters again: one more.
    return after === outside ? state - inner + size : state - inner + after - outside
  }

  accepts(state: number): boolean {
    return state % CountedString.#size === CountedString.#size - 1
  }

  distance(): number {
    return 0
  }

  characters(state: number): number {
    return Math.floor(state / CountedString.#size)
  }

  /** The bytes that the character which has begun lacks; 0 between two. */
  missing(state: number): number {
    const inner = state % CountedString.#size
    return inner === 0 || this.accepts(state) ? 0 : jsonCharacters.shortest[inner]!
  }
}
