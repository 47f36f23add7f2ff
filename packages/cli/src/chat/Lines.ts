/** What the user enters, line by line, and Ctrl-C, which means one thing at the prompt and another during an answer. */
import { createInterface, type Interface } from "node:readline"
import { type Readable, Transform } from "node:stream"
import type { Console } from "../Console.ts"
import { UsageError } from "../UsageError.ts"

export class Lines implements Disposable {
  readonly isInteractive: boolean
  readonly #interface: Interface
  readonly #entered: Array<string> = []
  readonly #onAbort: () => void
  readonly #signal: AbortSignal
  #isOver = false
  #failure: Error | undefined
  #waiting: (() => void) | undefined

  /** @param onInterrupt told of Ctrl-C, and whether an unfinished line was dropped by it. */
  constructor({ out, signal }: Console, onInterrupt: (hadText: boolean) => void) {
    this.isInteractive = out.isTerminal && process.stdin.isTTY
    this.#interface = createInterface({
      input: this.isInteractive ? process.stdin : this.#decoded(process.stdin),
      ...(this.isInteractive && { output: process.stdout }),
      terminal: this.isInteractive,
      prompt: this.isInteractive ? out.paint.bold("> ") : "",
    })
    this.#interface.on("line", (line) => {
      this.#entered.push(line)
      this.#waiting?.()
    })
    this.#interface.on("error", (error) => {
      this.#failure = error
      this.#interface.close()
    })
    this.#interface.on("close", () => {
      // A pipe that stays open would keep the process.
      process.stdin.unpipe().pause()
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

  /** Replaced characters would be another question than the one that was meant. */
  #decoded(bytes: Readable): Readable {
    const decoder = new TextDecoder("utf-8", { fatal: true })
    const decode = (done: (error: Error | null, text?: string) => void, chunk?: Uint8Array) => {
      try {
        done(null, decoder.decode(chunk, { stream: chunk !== undefined }))
      } catch {
        done(new UsageError("standard input is not UTF-8. Convert it first, such as with iconv."))
      }
    }
    const texts = new Transform({
      encoding: "utf8",
      transform: (chunk: Uint8Array, _, done) => decode(done, chunk),
      flush: (done) => decode(done),
    })
    return bytes.pipe(texts)
  }

  /** The next line; undefined when there are no more. Rejects with a `UsageError` for what is not UTF-8. */
  async next(): Promise<string | undefined> {
    if (this.#entered.length === 0 && !this.#isOver) {
      this.prompt()
      await new Promise<void>((resolve) => (this.#waiting = resolve))
      this.#waiting = undefined
    }
    if (this.#entered.length === 0 && this.#failure !== undefined) throw this.#failure
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
