/** The grammars of one model: its vocabulary is read once, and what the same form asks for is found out once. */
import type { Constraint } from "../../words/Constraint.ts"
import type { Sliced } from "../../words/Sliced.ts"
import { Automaton } from "./Automaton.ts"
import { compileConstraint } from "./compileConstraint.ts"
import { TokenMasks } from "./TokenMasks.ts"
import { buildTokenTrie, type TokenBytes, type TokenTrie } from "./TokenTrie.ts"

/** Forms that are kept, the last ones used. */
const mostKept = 16

export class Constraints {
  readonly #tokens: TokenBytes
  readonly #kept = new Map<string, Automaton>()
  /** One building for all who wait for it: each takes it a slice further. */
  #building: Sliced<TokenTrie> | undefined
  #masks: TokenMasks | undefined

  constructor(tokens: TokenBytes) {
    this.#tokens = tokens
  }

  /**
   * The automaton of a form. The first one takes about half a second for Gemma's 256,000 tokens.
   *
   * @throws InvalidRequestError that names what cannot be followed
   */
  *open(constraint: Constraint): Sliced<Automaton> {
    const key = JSON.stringify(constraint)
    const known = this.#kept.get(key)
    const masks = yield* this.#tokenMasks()
    const automaton = known ?? new Automaton(compileConstraint(constraint, masks.trie), masks)
    this.#kept.delete(key)
    this.#kept.set(key, automaton)
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= mostKept) break
      this.#kept.delete(oldest)
    }
    return automaton
  }

  *#tokenMasks(): Sliced<TokenMasks> {
    this.#building ??= buildTokenTrie(this.#tokens)
    while (this.#masks === undefined) {
      const step = this.#building.next()
      if (step.done === true) this.#masks ??= new TokenMasks(step.value)
      else yield
    }
    return this.#masks
  }
}
