/**
 * Which tokens a sequence holds, counted as they come: what the sampler's penalties look at.
 *
 * Distinct tokens have consecutive slots `0 .. size - 1` in the order of their first appearance, so that a penalty
 * touches each of them once, however long the sequence.
 */
export class TokenHistory {
  readonly #slots = new Map<number, number>()
  readonly #ids: Array<number> = []
  readonly #generated: Array<number> = []

  /** @param prompt the prompt's token ids, if there is one already. */
  constructor(prompt: Iterable<number> = []) {
    this.acceptPrompt(prompt)
  }

  /** How many distinct tokens there are. */
  get size(): number {
    return this.#ids.length
  }

  /** Notes the tokens of a prompt: seen, but not generated. */
  acceptPrompt(ids: Iterable<number>): void {
    for (const id of ids) this.#slot(id)
  }

  /** Notes one generated token. */
  accept(id: number): void {
    const slot = this.#slot(id)
    this.#generated[slot] = this.generatedAt(slot) + 1
  }

  /** The token id in a slot (`0 <= slot < size`). */
  idAt(slot: number): number {
    return this.#ids[slot] ?? -1
  }

  /** How often the token in a slot was generated: 0 when it is only in the prompt. */
  generatedAt(slot: number): number {
    return this.#generated[slot] ?? 0
  }

  #slot(id: number): number {
    const known = this.#slots.get(id)
    if (known !== undefined) return known
    const slot = this.#ids.push(id) - 1
    this.#generated.push(0)
    this.#slots.set(id, slot)
    return slot
  }
}
