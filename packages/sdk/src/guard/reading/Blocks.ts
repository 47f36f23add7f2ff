/** The blocks of an answer that are read as one text: `result.text` of the AI SDK, `output_text` of OpenAI. */
import type { FrameText } from "../Frame.ts"
import { borderOf } from "./joinTexts.ts"

interface Block {
  readonly id: string
  text: string
  /** How much of it came while an earlier block was open, and waits for its turn. */
  early: number
  isEnded: boolean
}

/** What is said of a block: its text, and whether it is JSON. */
export interface BlockPiece {
  readonly id: string
  readonly text: string
  readonly isJson: boolean
}

/** What a block tells at its end. */
interface EndedBlock {
  /** All that it said. */
  readonly said: string
  readonly texts: ReadonlyArray<FrameText>
}

/** Joins blocks in the order in which they began. One that goes on while an earlier one is open waits for its turn. */
export class Blocks {
  readonly #channel: string
  readonly #say: (piece: BlockPiece) => ReadonlyArray<FrameText>
  /** The first is the one whose turn it is. */
  #waiting: Array<Block> = []
  #tail = ""
  #isAtBorder = false
  #isJson = false

  /** @param say tells a piece of the joined text. */
  constructor(channel: string, say: (piece: BlockPiece) => ReadonlyArray<FrameText>) {
    this.#channel = channel
    this.#say = say
  }

  /** Whether a block goes on. */
  get isOpen(): boolean {
    return this.#waiting.length > 0
  }

  start(id: string): void {
    this.#blockOf(id)
  }

  goOn({ id, isJson, text }: BlockPiece): ReadonlyArray<FrameText> {
    this.#isJson ||= isJson
    const block = this.#blockOf(id)
    block.text += text
    if (block === this.#waiting[0]) return this.#join(id, text)
    block.early = block.text.length
    return [{ channel: this.#channel, block: id, text, isHeld: true }]
  }

  end(id: string): EndedBlock {
    const block = this.#open(id)
    if (block === undefined) return { said: "", texts: [] }
    block.isEnded = true
    return { said: block.text, texts: this.#goToNext() }
  }

  /** No block goes on. */
  endAll(): ReadonlyArray<FrameText> {
    for (const block of this.#waiting) block.isEnded = true
    return this.#goToNext()
  }

  #open(id: string): Block | undefined {
    return this.#waiting.find((block) => block.id === id && !block.isEnded)
  }

  #blockOf(id: string): Block {
    const open = this.#open(id)
    if (open !== undefined) return open
    const block = { id, text: "", early: 0, isEnded: false }
    this.#waiting.push(block)
    return block
  }

  #goToNext(): ReadonlyArray<FrameText> {
    const said: Array<FrameText> = []
    while (this.#waiting[0]?.isEnded === true) {
      this.#waiting.shift()
      this.#isAtBorder = true
      const next = this.#waiting[0]
      if (next !== undefined) said.push(...this.#join(next.id, next.text.slice(0, next.early)))
    }
    return said
  }

  #join(id: string, text: string): ReadonlyArray<FrameText> {
    if (text === "") return []
    const border = this.#isAtBorder && !this.#isJson ? borderOf(this.#tail, text) : ""
    this.#isAtBorder = false
    this.#tail = (this.#tail + text).slice(-2)
    return this.#say({ id, text: border + text, isJson: this.#isJson })
  }
}
