/** Which of several devices models run on: the first that works, found out with the first model. */
import type { Device } from "../words/Device.ts"
import { CodeLoadError, RuntimeError, UnsupportedDeviceError } from "../words/Errors.ts"
import type { DeviceCandidate, Runtime } from "../runtime/Runtime.ts"

export class Devices {
  readonly #all: ReadonlyArray<DeviceCandidate>
  #candidates: Array<DeviceCandidate>
  readonly #elsewhere: string
  #rejected: Array<Device["rejected"][number]> = []
  #settled: Runtime | undefined
  /** Only one model at a time tries devices; the others wait for what it finds. */
  #trying: Promise<unknown> = Promise.resolve()

  /** @param elsewhere what to do where none of them works. */
  constructor(candidates: ReadonlyArray<DeviceCandidate>, elsewhere = "") {
    this.#all = candidates
    this.#elsewhere = elsewhere
    this.#candidates = [...candidates]
  }

  /** What was tried and not taken, and why. */
  get rejected(): Device["rejected"] {
    return this.#rejected
  }

  /** The device that was taken. */
  get runtime(): Runtime {
    if (this.#settled === undefined) throw new Error("a device is asked for before any model was opened")
    return this.#settled
  }

  /**
   * Opens something on the first device that can.
   *
   * Rejects with the error of `open` when it is not the device's, and with an `UnsupportedDeviceError` that lists what
   * was wrong with each when none is left.
   */
  open<A>(open: (runtime: Runtime) => Promise<A>): Promise<A> {
    if (this.#settled !== undefined) return open(this.#settled)
    const attempt = this.#trying.then(() => (this.#settled === undefined ? this.#try(open) : open(this.#settled)))
    this.#trying = attempt.catch(() => undefined)
    return attempt
  }

  async release(): Promise<void> {
    await this.#settled?.release()
  }

  async #try<A>(open: (runtime: Runtime) => Promise<A>): Promise<A> {
    let last: UnsupportedDeviceError | undefined
    let missing: CodeLoadError | undefined
    for (let candidate = this.#candidates[0]; candidate !== undefined; candidate = this.#candidates[0]) {
      let runtime: Runtime | undefined
      try {
        runtime = await candidate.start()
        const opened = await open(runtime)
        this.#settled = runtime
        return opened
      } catch (cause) {
        await runtime?.release()
        if (this.#all.length === 1 || (runtime !== undefined && !isDevices(cause))) throw cause
        if (cause instanceof CodeLoadError) missing ??= cause
        this.#candidates.shift()
        this.#rejected.push({ name: candidate.name, reason: reasonOf(cause) })
        // The last device is the one that asks least of a machine.
        last = cause instanceof UnsupportedDeviceError ? cause : undefined
      }
    }
    const reasons = [...new Set(this.#rejected.map(({ name, reason }) => `${name}: ${reason}`))]
    // Whatever it was may have passed when the next model is opened.
    this.#candidates = [...this.#all]
    this.#rejected = []
    // Nobody knows what a device whose code did not come would have done: it is no fault of the browser's.
    if (missing !== undefined) throw missing
    // One device, which was tried in several precisions.
    if (reasons.length === 1 && last !== undefined) throw last
    throw new UnsupportedDeviceError({
      device: "any",
      problem: `none works here (${reasons.join("; ")})`,
      remedy: `${last?.remedy ?? ""} ${this.#elsewhere}`.trim(),
    })
  }
}

/** Whether another device may do better: the model's own faults stay on all of them. */
const isDevices = (cause: unknown): boolean =>
  cause instanceof UnsupportedDeviceError ||
  cause instanceof RuntimeError ||
  !(cause instanceof Error && "_tag" in cause)

const reasonOf = (cause: unknown): string =>
  cause instanceof UnsupportedDeviceError ? cause.problem : cause instanceof Error ? cause.message : String(cause)
