/** The form that a running text is held to: which tokens may come, which must, and how near the end has to be. */
import { type Automaton, isControlByte, Matcher, setToken } from "./constraint/index.ts"
import type { OpenModel } from "./OpenModel.ts"
import type { AllowedTokens } from "./Sampler.ts"

/** Tokens that are run together because nothing else may come. */
const mostForced = 64

export class Form {
  readonly #model: OpenModel
  readonly #matcher: Matcher

  constructor(model: OpenModel, automaton: Automaton) {
    this.#model = model
    this.#matcher = new Matcher(automaton)
  }

  /** Whether nothing more may come. */
  get mustEnd(): boolean {
    return this.#matcher.mustEnd
  }

  /**
   * The tokens that may come next; those that end the text are among them where it may end.
   *
   * @param room how many may follow the next one: where they are few, only what brings the end nearer may come.
   */
  allowed(room: number): AllowedTokens {
    const { endIds } = this.#model
    const matcher = this.#matcher
    return {
      accepts: (id) => (endIds.has(id) ? matcher.mayEnd : matcher.accepts(id, room)),
      mask: () => {
        const mask = matcher.mask(room)
        if (!matcher.mayEnd) return mask
        const ended = mask.slice()
        for (const id of endIds) setToken(ended, id)
        return ended
      },
    }
  }

  /** How many of some guessed tokens may come, one after the other. */
  fitting(ids: ReadonlyArray<number>): number {
    return this.#matcher.acceptsOf(ids)
  }

  /**
   * Takes a token, and gives it with those that must follow: as the tokenizer spells them, so that the token itself may be
   * another one of the same beginning. What the last of them would be is left open, as it may go on beyond what must follow.
   *
   * @param most so many tokens at most.
   */
  take(id: number, most: number): ReadonlyArray<number> {
    if (this.#model.endIds.has(id)) return [id]
    this.#matcher.advance(id)
    const run = this.#withForced(id).slice(0, Math.min(most, mostForced))
    const said = this.#bytesOf([id])
    const bytes = this.#bytesOf(run)
    if (run.length < 2 || bytes.length <= said.length) return [id]
    this.#matcher.say(bytes.subarray(said.length))
    return run
  }

  #withForced(id: number): ReadonlyArray<number> {
    const { tokenizer } = this.#model
    const forced = this.#matcher.forced()
    if (forced.length === 0) return [id]
    const border = forced.findIndex(isControlByte)
    const plain = border < 0 ? forced : forced.subarray(0, border)
    const text = textOf(Uint8Array.from([...this.#bytesOf([id]), ...plain]))
    if (text === undefined) return [id]
    const ids = tokenizer.encodePlain(text)
    const isWhole = border >= 0 || this.#matcher.endsAfter(forced)
    const run = isWhole ? ids : ids.slice(0, -1)
    // A control token has no text that could be spelt otherwise.
    return tokenizer.isControl(id) ? [id, ...run] : run
  }

  #bytesOf(ids: ReadonlyArray<number>): Uint8Array {
    return Uint8Array.from(ids.flatMap((id) => [...this.#model.tokenizer.bytesOf(id)]))
  }
}

/** Undefined where the bytes begin in the middle of a character; what ends in the middle of one is left off. */
function textOf(bytes: Uint8Array): string | undefined {
  for (let length = bytes.length; length > Math.max(0, bytes.length - 4); length--) {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, length))
    } catch {
      // One byte less, then.
    }
  }
  return undefined
}
