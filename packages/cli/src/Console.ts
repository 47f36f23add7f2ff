/** The terminal, or the pipes, that a command talks to. */
import { Paint } from "./Paint.ts"

/** What a screen writes to: a stream of the process. */
export interface ScreenStream {
  /** Whether it is a terminal. */
  readonly isTTY?: boolean
  /** Characters in a line of it. */
  readonly columns?: number
  /** Takes text, and says when it is out. */
  readonly write: (text: string, done: (error?: Error | null) => void) => boolean
}

export class Screen {
  readonly paint: Paint
  readonly isTerminal: boolean
  readonly #stream: ScreenStream

  constructor(stream: ScreenStream, env: NodeJS.ProcessEnv) {
    this.#stream = stream
    this.isTerminal = stream.isTTY === true
    this.paint = new Paint(this.isTerminal, env)
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
