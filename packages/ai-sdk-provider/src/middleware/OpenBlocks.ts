import type { LanguageModelV4StreamPart } from "@ai-sdk/provider"

type BlockEnd = Extract<LanguageModelV4StreamPart, { type: "text-end" | "reasoning-end" | "tool-input-end" }>

/** The blocks whose start went out, and whose end did not. */
export class OpenBlocks {
  readonly #ends = new Map<string, BlockEnd>()

  sent(part: LanguageModelV4StreamPart): void {
    switch (part.type) {
      case "text-start":
        return this.#open({ type: "text-end", id: part.id })
      case "reasoning-start":
        return this.#open({ type: "reasoning-end", id: part.id })
      case "tool-input-start":
        return this.#open({ type: "tool-input-end", id: part.id })
      case "text-end":
      case "reasoning-end":
      case "tool-input-end":
        return void this.#ends.delete(nameOf(part))
      default:
    }
  }

  /** What closes them, in the order in which they were opened. */
  close(): ReadonlyArray<BlockEnd> {
    const ends = [...this.#ends.values()]
    this.#ends.clear()
    return ends
  }

  #open(end: BlockEnd): void {
    this.#ends.set(nameOf(end), end)
  }
}

const nameOf = ({ id, type }: BlockEnd): string => `${type} ${id}`
