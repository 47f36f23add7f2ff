/** What the user enters, line by line, and Ctrl-C, which means one thing at the prompt and another during an answer. */
import { createInterface, type Interface } from "node:readline"
import type { Console } from "../Console.ts"

export class Lines implements Disposable {
  readonly isInteractive: boolean
  readonly #interface: Interface
  readonly #entered: Array<string> = []
  readonly #onAbort: () => void
  readonly #signal: AbortSignal
  #isOver = false
  #waiting: (() => void) | undefined

  /** @param onInterrupt told of Ctrl-C, and whether an unfinished line was dropped by it. */
  constructor({ out, signal }: Console, onInterrupt: (hadText: boolean) => void) {
    this.isInteractive = out.isTerminal && process.stdin.isTTY
    this.#interface = createInterface({
      input: process.stdin,
      ...(this.isInteractive && { output: process.stdout }),
      terminal: this.isInteractive,
      prompt: this.isInteractive ? out.paint.bold("> ") : "",
    })
    this.#interface.on("line", (line) => {
      this.#entered.push(line)
      this.#waiting?.()
    })
    this.#interface.on("close", () => {
      this.#isOver = true
      this.#waiting?.()
    })
    // A terminal that is read key by key sends no signal.
    this.#interface.on("SIGINT", () => {
      const hadText = this.#interface.line !== ""
      // Ctrl-U, as a shell has it: the line is gone.
      if (hadText) this.#interface.write(null, { ctrl: true, name: "e" })
      if (hadText) this.#interface.write(null, { ctrl: true, name: "u" })
      onInterrupt(hadText)
    })
    this.#signal = signal
    this.#onAbort = () => this.#interface.close()
    signal.addEventListener("abort", this.#onAbort, { once: true })
  }

  /** The next line; undefined when there are no more. */
  async next(): Promise<string | undefined> {
    if (this.#entered.length === 0 && !this.#isOver) {
      this.prompt()
      await new Promise<void>((resolve) => (this.#waiting = resolve))
      this.#waiting = undefined
    }
    return this.#entered.shift()
  }

  /** Shows that a line is expected. */
  prompt(): void {
    if (this.isInteractive && !this.#isOver) this.#interface.prompt()
  }

  /** No more lines: {@link next} gives what was entered before, and then undefined. */
  end(): void {
    this.#interface.close()
  }

  [Symbol.dispose](): void {
    this.#signal.removeEventListener("abort", this.#onAbort)
    this.#interface.close()
  }
}
