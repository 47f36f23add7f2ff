/** Breaks text that comes in pieces into lines, word by word. */
import type { Screen } from "../Console.ts"
import { textWidth, visible } from "../textWidth.ts"

export class Paragraph {
  readonly #screen: Screen
  readonly #indent: string
  readonly #width: number
  #word = ""
  #used = 0

  constructor(screen: Screen, indent: string) {
    this.#screen = screen
    this.#indent = indent
    this.#width = Math.min(screen.columns, 80) - indent.length
  }

  /** A word is written once it is known to be complete. */
  async take(text: string): Promise<void> {
    const words = (this.#word + visible(text, false)).split(/\s+/)
    this.#word = words.pop() ?? ""
    for (const word of words) await this.#put(word)
  }

  async end(): Promise<void> {
    await this.#put(this.#word)
    this.#word = ""
    if (this.#used > 0) await this.#screen.writeLine()
    this.#used = 0
  }

  async #put(word: string): Promise<void> {
    if (word === "") return
    const width = textWidth(word)
    if (this.#used === 0) await this.#screen.write(this.#indent + word)
    else if (this.#used + 1 + width > this.#width) {
      await this.#screen.write(`\n${this.#indent}${word}`)
      this.#used = 0
    } else {
      await this.#screen.write(` ${word}`)
      this.#used += 1
    }
    this.#used += width
  }
}
