/** Worker processes behind one port: begun, replaced one at a time, and begun anew when they crash. */
import type { ChildProcess } from "node:child_process"
import { setTimeout as pause } from "node:timers/promises"
import { Registry } from "../Registry.ts"
import { chooseWorker } from "./chooseWorker.ts"
import { Figures } from "./Figures.ts"
import { PrefixTable } from "./PrefixTable.ts"
import { describe, WorkerProcess } from "./WorkerProcess.ts"

export interface FleetOptions {
  readonly size: number
  /** How long answers under way may take when a worker is replaced, or the fleet ends. */
  readonly graceMs: number
  /**
   * How long a worker may take to open. The first one of all may take as long as it likes, since it fetches what a model needs;
   * where that one took long, the others have four times as long.
   */
  readonly openWithinMs: number
  /** How many requests more than another a worker may have because it has read their beginnings. */
  readonly slack: number
  /** Starts a process that listens at a path. The first one of all may tell its progress. */
  readonly start: (path: string, isFirst: boolean) => ChildProcess
  /** A path for the socket of a worker. */
  readonly pathFor: (id: number) => string
  /** Told what whoever runs the server should know. */
  readonly tell: (line: string) => void
}

/** Why another process takes the place of one. */
type Why = "crash" | "memory" | "reload"

/** How long to wait before a worker that crashes again and again is begun anew. */
const firstPauseMs = 100
const longestPauseMs = 30_000
/** Who has lived so long has not crashed again, but for another reason. */
const provenMs = 60_000

export class Fleet {
  readonly #options: FleetOptions
  readonly #slots: Array<WorkerProcess | undefined>
  readonly #table = new PrefixTable()
  readonly #past = new Figures()
  readonly #registry = new Registry()
  readonly #replaced = this.#registry.counter("facet_workers_replaced_total", "Workers that were replaced, by reason.")
  readonly #routed = this.#registry.counter("facet_routed_total", "Requests by what decided who runs them.")
  readonly #retried = this.#registry.counter(
    "facet_retried_total",
    "Requests that were given to another worker, as theirs had ended before it answered.",
  )
  readonly #cut = this.#registry.counter(
    "facet_answers_cut_total",
    "Answers that broke off, as their worker ended in the middle.",
  )
  /** Replacements wait for each other: all at once would leave nobody to answer. */
  #replacing: Promise<void> = Promise.resolve()
  /** Workers whose place is another's, while they answer what they have. */
  readonly #leaving = new Set<WorkerProcess>()
  /** Those that come in the place of others, and are not ready yet. */
  readonly #coming = new Set<WorkerProcess>()
  /** Until the first one has opened, nobody knows how long it takes. */
  #openWithinMs = Number.POSITIVE_INFINITY
  /** How long each place waited last before it was filled anew. */
  readonly #pauses = new Map<number, number>()
  #isClosing = false
  #lastId = 0

  constructor(options: FleetOptions) {
    this.#options = options
    this.#slots = Array.from({ length: options.size }, () => undefined)
    this.#registry.gauge("facet_workers", "Workers that there should be.", () => options.size)
    this.#registry.gauge("facet_workers_ready", "Workers that can be asked.", () => this.ready.length)
    for (const by of ["prefix", "load"]) this.#routed.add({ by }, 0)
    for (const why of ["crash", "memory", "reload"]) this.#replaced.add({ why }, 0)
    for (const counter of [this.#retried, this.#cut]) counter.add({}, 0)
  }

  /** Workers that can be asked. */
  get ready(): ReadonlyArray<WorkerProcess> {
    return this.#slots.flatMap((worker) => (worker?.state === "ready" ? [worker] : []))
  }

  /**
   * Begins all workers: the first one alone, so that what a model needs is fetched and laid out once.
   *
   * Rejects where one ends before it is ready.
   */
  async open(): Promise<void> {
    const [first, ...others] = this.#slots.keys()
    if (first === undefined) return
    const beganAt = performance.now()
    await this.#fill(first).ready
    this.#openWithinMs = Math.max(this.#options.openWithinMs, 4 * (performance.now() - beganAt))
    await Promise.all(others.map((slot) => this.#fill(slot).ready))
  }

  /**
   * Chooses a worker for a prompt, and takes a place there.
   *
   * @param chain of the prompt, see `promptChain`
   * @param without workers that were tried
   * @returns undefined where nobody can be asked
   */
  assign(chain: ReadonlyArray<string>, without: ReadonlySet<WorkerProcess>): Assignment | undefined {
    const free = this.ready.filter((worker) => !without.has(worker))
    const choice = chooseWorker(free, this.#table.matches(chain), this.#options.slack)
    if (choice === undefined) return undefined
    this.#routed.add({ by: choice.by })
    if (without.size > 0) this.#retried.add({})
    this.#table.add(chain, choice.worker.id)
    return { worker: choice.worker, release: choice.worker.take() }
  }

  /** An answer broke off. */
  noteCut(): void {
    this.#cut.add({})
  }

  /** Replaces all workers, one after the other: the new one is ready before the old one is given nothing more. */
  reload(): Promise<void> {
    return this.#inTurn(async () => {
      for (const slot of this.#slots.keys()) if (!(await this.#reloadOne(slot))) return
    })
  }

  /** What all workers count, those that have ended too, and the fleet. */
  async figures(): Promise<string> {
    await Promise.all(this.#all.map((worker) => worker.figures()))
    // At one moment: a worker that has ended meanwhile is counted among the past, and nowhere else.
    const all = new Figures()
    all.add(this.#past.text(), undefined)
    for (const worker of this.#leaving) all.add(worker.lastFigures, undefined)
    for (const [slot, worker] of this.#slots.entries()) all.add(worker?.lastFigures ?? "", String(slot + 1))
    return `${all.text()}${this.#registry.text()}`
  }

  /** Ends all workers once they have answered what they have, or after so long. */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true
    await Promise.all([...this.#all, ...this.#coming].map((worker) => worker.leave(graceMs)))
  }

  /** Those in their places, and those that leave theirs. */
  get #all(): ReadonlyArray<WorkerProcess> {
    return [...this.#slots.filter((worker) => worker !== undefined), ...this.#leaving]
  }

  /** Begins a worker, and sees to it that another follows when it ends. */
  #fill(slot: number): WorkerProcess {
    const worker = this.#begin()
    this.#place(slot, worker)
    return worker
  }

  #begin(): WorkerProcess {
    const id = ++this.#lastId
    const path = this.#options.pathFor(id)
    return new WorkerProcess(id, path, this.#options.start(path, id === 1), this.#openWithinMs)
  }

  #place(slot: number, worker: WorkerProcess): void {
    this.#slots[slot] = worker
    const beganAt = performance.now()
    worker.whenFull = () => void this.#inTurn(() => this.#renew(slot, worker))
    void worker.ended.then((ending) => {
      this.#table.forget(worker.id)
      this.#past.add(worker.lastFigures, undefined)
      this.#leaving.delete(worker)
      const isInPlace = this.#slots[slot] === worker
      if (isInPlace) this.#slots[slot] = undefined
      // Somebody has taken its place, or nobody shall.
      if (this.#isClosing || !isInPlace) return
      if (performance.now() - beganAt > provenMs) this.#pauses.delete(slot)
      this.#options.tell(`A worker ended (${describe(ending)}). Another one takes its place.`)
      void this.#revive(slot, this.#nextPause(slot), "crash")
    })
  }

  /**
   * Begins a worker in an empty place; where it crashes again and again, later and later.
   *
   * Resolves once one has opened or failed: who waits for a turn does not wait for all that follow.
   */
  async #revive(slot: number, pauseMs: number, why: Why): Promise<void> {
    await pause(pauseMs, undefined, { ref: false })
    if (this.#isClosing || this.#slots[slot] !== undefined) return
    this.#replaced.add({ why })
    const worker = this.#begin()
    // Until it is ready it is looked after here.
    this.#slots[slot] = worker
    const problem = await problemOf(worker)
    // All were read anew meanwhile, and it was told to leave.
    if (this.#slots[slot] !== worker) return
    if (problem === undefined) return this.#place(slot, worker)
    this.#slots[slot] = undefined
    if (this.#isClosing) return
    this.#options.tell(`A worker could not be started: ${problem}. It is tried again.`)
    void this.#revive(slot, this.#nextPause(slot), "crash")
  }

  /** None for one that has not crashed before. */
  #nextPause(slot: number): number {
    const last = this.#pauses.get(slot)
    const pauseMs = last === undefined ? 0 : Math.min(longestPauseMs, Math.max(firstPauseMs, last * 2))
    this.#pauses.set(slot, pauseMs)
    return pauseMs
  }

  /** @returns whether the new worker came to serve; where it does not, the old one stays. */
  async #reloadOne(slot: number): Promise<boolean> {
    const worker = this.#begin()
    this.#coming.add(worker)
    const problem = await problemOf(worker)
    this.#coming.delete(worker)
    // Whoever closes has ended it, too.
    if (this.#isClosing) return false
    if (problem !== undefined) {
      this.#options.tell(`A new worker could not be started: ${problem}. The old ones stay.`)
      return false
    }
    this.#replaced.add({ why: "reload" satisfies Why })
    // It may have ended meanwhile, and another one be opening there, which has counted nothing yet.
    const old = this.#slots[slot]
    if (old?.state === "ready" || old?.state === "leaving") this.#leaving.add(old)
    this.#place(slot, worker)
    await old?.leave(this.#options.graceMs)
    return true
  }

  /** The old one first: two at once would take twice the memory. */
  async #renew(slot: number, worker: WorkerProcess): Promise<void> {
    if (this.#slots[slot] !== worker || this.#isClosing) return
    this.#options.tell("A worker takes more memory than --max-memory allows. Another one takes its place.")
    this.#slots[slot] = undefined
    this.#leaving.add(worker)
    await worker.leave(this.#options.graceMs)
    await this.#revive(slot, 0, "memory")
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#isClosing ? Promise.resolve() : this.#replacing.then(work)
    this.#replacing = done.catch(() => undefined)
    return done
  }
}

/** Why it cannot serve; undefined once it can. */
const problemOf = (worker: WorkerProcess): Promise<string | undefined> =>
  worker.ready.then(
    () => undefined,
    async () => describe(await worker.ended),
  )

export interface Assignment {
  readonly worker: WorkerProcess
  /** Called when the request is over. */
  readonly release: () => void
}
