/** The terminal, or the pipes, that a command talks to. */
import { Paint } from "./Paint.ts"

export class Screen {
  readonly paint: Paint
  readonly isTerminal: boolean
  readonly #stream: NodeJS.WriteStream

  constructor(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv) {
    this.#stream = stream
    this.isTerminal = stream.isTTY
    this.paint = new Paint(stream.isTTY, env)
  }

  /** Characters in a line; 80 where there is no terminal, or one that does not know its size. */
  get columns(): number {
    return (this.isTerminal && this.#stream.columns) || 80
  }

  /** Resolves when the text is out, so that a slow reader slows the writer. */
  write(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(text, (error) => (error ? reject(error) : resolve()))
    })
  }

  writeLine(line = ""): Promise<void> {
    return this.write(`${line}\n`)
  }
}

export interface Console {
  /** Results. */
  readonly out: Screen
  /** Progress and errors. */
  readonly err: Screen
  readonly verbose: boolean
  /** Aborted by Ctrl-C, and when nobody reads on. */
  readonly signal: AbortSignal
  readonly readInput: () => Promise<string>
}
