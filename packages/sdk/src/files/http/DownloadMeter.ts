/** How far the download of a folder has come, and how fast it goes. */
import type { Progress } from "../../words/Progress.ts"

/** Between two reports, in milliseconds. */
const reportedEvery = 100
/** The speed is an average over this time, in milliseconds. */
const speedOver = 3000

type Report = (progress: Progress) => void

export class DownloadMeter {
  readonly #model: string
  readonly #report: Report
  readonly #expected = new Map<string, number>()
  readonly #reached = new Map<string, number>()
  /** Files that were asked for and of which nothing is known yet. */
  readonly #awaited = new Set<string>()
  /** When how many bytes had come over the network. */
  #samples: Array<{ readonly at: number; readonly bytes: number }> = []
  #received = 0
  #reportedAt = -Infinity

  constructor(model: string, report: Report = () => {}) {
    this.#model = model
    this.#report = report
  }

  /**
   * A file was asked for. Nothing is told until its answer begins: a total without it would be reached at once, and grow.
   */
  ask(name: string): void {
    this.#awaited.add(name)
  }

  /** No answer will come. */
  giveUp(name: string): void {
    this.#awaited.delete(name)
  }

  /** A file's size, as soon as it is known. */
  expect(name: string, bytes: number): void {
    this.#expected.set(name, bytes)
  }

  /** What an earlier download left of a file, or that nothing of it is left. */
  start(name: string, bytes: number): void {
    this.#awaited.delete(name)
    this.#reached.set(name, bytes)
  }

  /** So much of what an earlier download left was checked. */
  check(name: string, bytes: number): void {
    this.#reached.set(name, bytes)
    const now = performance.now()
    if (now - this.#reportedAt < reportedEvery) return
    this.#reportedAt = now
    this.cached(name)
  }

  /** More of a file came over the network. */
  receive(name: string, bytes: number): void {
    this.#received += bytes
    this.#reached.set(name, (this.#reached.get(name) ?? 0) + bytes)
    const now = performance.now()
    if (now - this.#reportedAt >= reportedEvery) this.#network(name, now)
  }

  /** A file is complete. */
  finish(name: string): void {
    this.#expected.set(name, this.#reached.get(name) ?? 0)
    this.#network(name, performance.now())
  }

  waiting(): void {
    this.#report({ phase: "waiting", model: this.#model, file: "", ...this.#totals() })
  }

  /** What is stored is read; nothing is fetched. */
  cached(file: string): void {
    this.#report({ phase: "download", model: this.#model, file, ...this.#totals(), source: "cache" })
  }

  #network(file: string, now: number): void {
    if (this.#awaited.size > 0) return
    this.#reportedAt = now
    this.#samples.push({ at: now, bytes: this.#received })
    this.#samples = this.#samples.filter(({ at }, i, all) => now - at <= speedOver || i === all.length - 2)
    const first = this.#samples[0]
    const elapsed = first === undefined ? 0 : now - first.at
    const speed = first === undefined || elapsed === 0 ? 0 : ((this.#received - first.bytes) / elapsed) * 1000
    const totals = this.#totals()
    this.#report({
      phase: "download",
      model: this.#model,
      file,
      ...totals,
      source: "network",
      bytesPerSecond: Math.round(speed),
      secondsLeft: speed > 0 ? Math.ceil((totals.totalBytes - totals.loadedBytes) / speed) : undefined,
    })
  }

  /** A size that a host did not tell, or told too small, grows with what arrives. */
  #totals(): Pick<Progress, "loadedBytes" | "totalBytes"> {
    let loadedBytes = 0
    let totalBytes = 0
    for (const name of new Set([...this.#expected.keys(), ...this.#reached.keys()])) {
      const reached = this.#reached.get(name) ?? 0
      loadedBytes += reached
      totalBytes += Math.max(reached, this.#expected.get(name) ?? 0)
    }
    return { loadedBytes, totalBytes }
  }
}
