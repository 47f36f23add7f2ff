/** One process with a model of its own, seen from the fleet. */
import type { ChildProcess } from "node:child_process"
import { Agent } from "node:http"
import { soon } from "../soon.ts"
import { type FromWorker, isFromWorker, type ToWorker } from "./Messages.ts"

export type WorkerState = "opening" | "ready" | "leaving" | "ended"

export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** It was ended, since it had not opened for so long. */
  readonly hungForMs?: number
}

/** How long a worker's figures are waited for. */
const figuresWithinMs = 1500

/** How long a process has to end once it has nothing to do. */
const endWithinMs = 5000

export class WorkerProcess {
  /** Of this process: the next one in its place has another. */
  readonly id: number
  /** The socket that it listens at. */
  readonly path: string
  /** Connections to it, kept from one request to the next. */
  readonly agent = new Agent({ keepAlive: true })
  /** Rejects where the process ends before it can serve. */
  readonly ready: Promise<void>
  readonly ended: Promise<Ending>
  /** Called when it asks to be replaced. */
  whenFull: () => void = () => undefined
  #state: WorkerState = "opening"
  #running = 0
  #figures = ""
  #whenIdle: () => void = () => undefined
  #whenFigures: Array<(text: string) => void> = []
  readonly #child: ChildProcess

  /** @param openWithinMs how long it may take until it is ready; Infinity for as long as it likes */
  constructor(id: number, path: string, child: ChildProcess, openWithinMs: number) {
    this.id = id
    this.path = path
    this.#child = child
    const ready = Promise.withResolvers<void>()
    this.ready = ready.promise
    // Whoever waits for it is told; nobody has to.
    ready.promise.catch(() => undefined)
    let isLate = false
    const opening = onceAfter(openWithinMs, () => {
      isLate = true
      child.kill("SIGKILL")
    })
    this.ended = new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null) => {
        clearTimeout(opening)
        this.#state = "ended"
        this.agent.destroy()
        for (const tell of this.#whenFigures.splice(0)) tell(this.#figures)
        const ending: Ending = { code, signal, ...(isLate && { hungForMs: openWithinMs }) }
        ready.reject(new Error(`a worker ended before it was ready (${describe(ending)})`))
        resolve(ending)
      }
      child.once("exit", end)
      // It could not be started at all: there is no exit then.
      child.once("error", () => end(null, null))
    })
    child.on("message", (message) => {
      if (isFromWorker(message)) this.#hear(message, ready.resolve)
      if (this.#state !== "opening") clearTimeout(opening)
    })
  }

  get state(): WorkerState {
    return this.#state
  }

  /** Requests that it has under way. */
  get running(): number {
    return this.#running
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** What it has told last of what it counts. */
  get lastFigures(): string {
    return this.#figures
  }

  /** A request is given to it; it is over when what is returned is called. */
  take(): () => void {
    this.#running++
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      if (--this.#running === 0) this.#whenIdle()
    }
  }

  /** What it counts, now or as it was last told. */
  async figures(): Promise<string> {
    if (this.#state === "ended" || !this.#child.connected) return this.#figures
    const { promise, resolve } = Promise.withResolvers<string>()
    this.#whenFigures.push(resolve)
    this.#tell({ type: "figures" })
    return (await soon(promise, figuresWithinMs)) ?? this.#figures
  }

  /** Gives it nothing more, waits until what it has is answered, or for so long, and has it end. */
  async leave(graceMs: number): Promise<void> {
    if (this.#state !== "ended") this.#state = "leaving"
    const idle = new Promise<void>((resolve) => {
      this.#whenIdle = resolve
      if (this.#running === 0) resolve()
    })
    await soon(Promise.race([idle, this.ended]), graceMs)
    this.#tell({ type: "stop", graceMs: 0 })
    const ended = await soon(this.ended, endWithinMs)
    if (ended === undefined) this.#child.kill("SIGKILL")
    await this.ended
  }

  #tell(message: ToWorker): void {
    // It may end at any time: what it is not told then it need not know.
    if (this.#child.connected) this.#child.send(message, () => undefined)
  }

  #hear(message: FromWorker, ready: () => void): void {
    switch (message.type) {
      case "ready":
        if (this.#state === "opening") this.#state = "ready"
        return ready()
      case "full":
        return this.whenFull()
      case "stopping":
        if (this.#state === "ready") this.#state = "leaving"
        return
      case "figures":
        this.#figures = message.text
        for (const tell of this.#whenFigures.splice(0)) tell(message.text)
    }
  }
}

/** A timer of Node's cannot be set for longer than some 24 days. */
const onceAfter = (milliseconds: number, work: () => void): NodeJS.Timeout | undefined =>
  milliseconds < 2 ** 31 ? setTimeout(work, milliseconds).unref() : undefined

export const describe = ({ code, hungForMs, signal }: Ending): string =>
  hungForMs !== undefined
    ? `it had not opened within ${Math.ceil(hungForMs / 1000)} s`
    : signal !== null
      ? `signal ${signal}`
      : code === null
        ? "it could not be started"
        : `exit code ${code}`
