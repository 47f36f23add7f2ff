import type { Effects } from "@facet/sdk/remote"
import type { CallOptions, Device, Progress } from "@facet/sdk/words"
import type { FacetHooksError } from "./FacetHooksError.ts"
import { type FacetSource, isSameSource } from "./FacetSource.ts"
import { isSupported } from "./isSupported.ts"
import { handedIn, type OpenedSource, openSource } from "./openSource.ts"
import { toHooksError } from "./toHooksError.ts"
import { unlessAborted } from "./unlessAborted.ts"

/**
 * Where a Facet stands.
 * - `unsupported`: it cannot run here; `error` says why, and a server could (`remote`);
 * - `idle`: nothing is open and nothing is being opened;
 * - `downloading`: files come over the network, or another tab fetches them;
 * - `loading`: files are read and the engine takes them, or a server is asked;
 * - `ready`: the effects can be used;
 * - `error`: opening failed; `error` says why, and `load()` tries again.
 */
export type FacetStatus = "unsupported" | "idle" | "downloading" | "loading" | "ready" | "error"

export interface FacetSnapshot {
  readonly status: FacetStatus
  /** How far opening has come; undefined when nothing is being opened here. */
  readonly progress: Progress | undefined
  /** What it runs on, when `ready`. */
  readonly device: Device | undefined
  /** What was opened, when `ready`. */
  readonly model: string | undefined
  /** Why the status is `error` or `unsupported`. */
  readonly error: FacetHooksError | undefined
  /** When `ready`. */
  readonly effects: Effects | undefined
  /** Whether a server does the work. */
  readonly isRemote: boolean
}

interface Opening {
  readonly source: FacetSource
  readonly controller: AbortController
  readonly opened: Promise<OpenedSource>
  /** Somebody called `load()`: it goes on whoever leaves. */
  isKept: boolean
  /** Calls that wait for it. */
  waiting: number
}

/** Progress of one file comes as fast as bytes do; people cannot see more than this. */
const PROGRESS_INTERVAL_MS = 50

const nothing = {
  progress: undefined,
  device: undefined,
  model: undefined,
  error: undefined,
  effects: undefined,
} as const

/** What a server renders, and a browser first: nothing is opened yet. */
const serverSnapshot: FacetSnapshot = { ...nothing, status: "idle", isRemote: false }

/**
 * One Facet for all that share the store: opened once however many ask, cancelled when nobody wants it any more, closed
 * by `dispose()`. It knows no framework; `FacetProvider` makes one for its hooks.
 *
 * Making one has no effects. No method rejects or throws for what goes wrong, which is in the snapshot's `error`;
 * `ready()` alone rejects.
 *
 * @example
 * const store = new FacetStore({ open: { model: "tiny" } })
 * store.subscribe(() => console.log(store.getSnapshot().status))
 * await store.load() // "loading", "ready"
 */
export class FacetStore {
  #source: FacetSource
  /** The Facet that was handed in last, which may be closed here all the same. */
  #given: FacetSource["facet"]
  #snapshot: FacetSnapshot
  #opened: { readonly source: FacetSource; readonly opened: OpenedSource } | undefined
  #opening: Opening | undefined
  /** An engine that ends still holds memory and files: the next one waits for it. */
  #closing: Promise<void> = Promise.resolve()
  #holders = 0
  #lastProgress = { phase: "", at: 0 }
  readonly #listeners = new Set<() => void>()

  constructor(source: FacetSource = {}) {
    this.#source = source
    this.#given = source.facet
    this.#snapshot = this.#resting()
    if (source.facet !== undefined) this.#take(source, handedIn(source.facet))
  }

  /** Calls back at each change of the snapshot, until the returned function is called. */
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** The same object until something changes. */
  getSnapshot = (): FacetSnapshot => this.#snapshot

  getServerSnapshot = (): FacetSnapshot => serverSnapshot

  /**
   * Opens the Facet, or waits for the opening that is under way. When another one than the open one is named since, that
   * is closed. Resolves when opening has ended, however it did.
   */
  load = async (): Promise<void> => {
    if (this.#isCurrent()) return
    const opening = this.#open()
    opening.isKept = true
    await opening.opened.catch(() => {})
  }

  /** Gives an opening up: the status is `idle` at once. Bytes that arrived are kept for the next time. */
  cancel = (): void => {
    const opening = this.#opening
    if (opening === undefined) return
    this.#opening = undefined
    opening.controller.abort(new DOMException("Opening was cancelled.", "AbortError"))
    this.#show(this.#resting())
  }

  /** Gives an opening up and closes the Facet, unless it was handed in. `load()` opens it again. */
  dispose = async (): Promise<void> => {
    this.cancel()
    const held = this.#opened
    this.#opened = undefined
    if (this.#snapshot.status !== "idle" && this.#snapshot.status !== "unsupported") this.#show(this.#resting())
    if (held !== undefined) this.#closing = this.#close(held.opened)
    await this.#closing
  }

  /**
   * The effects, opened when they are not. When all who wait give up and nobody called `load()`, so does the opening.
   * Rejects with a `FacetHooksError`, or with the reason of the signal or of `cancel()`.
   */
  ready = async ({ signal }: CallOptions = {}): Promise<Effects> => {
    signal?.throwIfAborted()
    if (this.#isCurrent() && this.#opened !== undefined) return this.#opened.opened.effects
    const opening = this.#open()
    opening.waiting++
    try {
      const { effects } = await unlessAborted(opening.opened, signal)
      return effects
    } finally {
      opening.waiting--
      if (opening.waiting === 0 && !opening.isKept && this.#opening === opening) this.cancel()
    }
  }

  /** Says what is to be opened next; nothing is told to listeners. */
  configure(source: FacetSource): void {
    this.#source = source
  }

  /** Takes a Facet that was handed in since, and lets go of one that no longer is. */
  settle(): void {
    const { facet } = this.#source
    if (facet !== this.#given) {
      this.#given = facet
      void this.dispose()
      if (facet !== undefined) this.#take(this.#source, handedIn(facet))
    } else if (this.#snapshot.isRemote !== this.#isRemote() && this.#opening === undefined && !this.#opened) {
      this.#show(this.#resting())
    }
  }

  /**
   * Keeps what is open until the returned function is called by the last who holds it. A moment of nobody does no harm:
   * React lets go and takes hold again when it tries a component's effects, or moves it.
   */
  retain = (): (() => void) => {
    this.#holders++
    if (this.#snapshot.status === "unsupported" && this.#snapshot.error === undefined) void this.#explain()
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      this.#holders--
      setTimeout(() => {
        if (this.#holders === 0) void this.dispose()
      })
    }
  }

  #open(): Opening {
    const source = this.#source
    if (this.#opening !== undefined && isSameSource(this.#opening.source, source)) return this.#opening
    void this.dispose()
    const controller = new AbortController()
    const { promise, reject, resolve } = Promise.withResolvers<OpenedSource>()
    // Whoever is interested awaits it; it must not count as unhandled when nobody is.
    promise.catch(() => {})
    const opening = { source, controller, opened: promise, isKept: false, waiting: 0 }
    this.#opening = opening
    this.#lastProgress = { phase: "", at: 0 }
    this.#show({ ...nothing, status: "loading", isRemote: this.#isRemote() })
    void this.#run(opening).then(resolve, reject)
    return opening
  }

  async #run(opening: Opening): Promise<OpenedSource> {
    const { signal } = opening.controller
    const { source } = opening
    try {
      await this.#closing
      signal.throwIfAborted()
      const opened = await openSource(source, {
        signal,
        onProgress: (progress) => this.#tell(opening, progress),
        latest: () => this.#source,
      })
      if (signal.aborted) void this.#close(opened)
      signal.throwIfAborted()
      this.#opening = undefined
      this.#take(source, opened)
      return opened
    } catch (cause) {
      signal.throwIfAborted()
      const error = toHooksError("Opening the Facet", cause)
      this.#opening = undefined
      const status = error.name === "UnsupportedDeviceError" ? "unsupported" : "error"
      this.#show({ ...nothing, status, error, isRemote: this.#isRemote() })
      throw error
    }
  }

  #take(source: FacetSource, opened: OpenedSource): void {
    const { device, effects, model } = opened
    this.#opened = { source, opened }
    this.#show({ ...nothing, status: "ready", device, effects, model, isRemote: this.#isRemote() })
  }

  #tell(opening: Opening, progress: Progress): void {
    if (this.#opening !== opening) return
    const { at, phase } = this.#lastProgress
    const now = performance.now()
    const isComplete = progress.totalBytes > 0 && progress.loadedBytes >= progress.totalBytes
    if (progress.phase === phase && !isComplete && now - at < PROGRESS_INTERVAL_MS) return
    this.#lastProgress = { phase: progress.phase, at: now }
    this.#show({ ...this.#snapshot, status: statusOf(progress), progress })
  }

  async #close(opened: OpenedSource): Promise<void> {
    try {
      await opened.close()
    } catch (cause) {
      const error = toHooksError("Closing the Facet", cause)
      if (this.#opening === undefined && this.#opened === undefined)
        this.#show({ ...this.#resting(), status: "error", error })
    }
  }

  /** An error class of the SDK's is loaded only here, where a page will not get further anyway. */
  async #explain(): Promise<void> {
    try {
      const { UnsupportedDeviceError } = await import("@facet/sdk")
      const error = new UnsupportedDeviceError({
        device: "any",
        problem: "this browser has no Web Workers or no WebAssembly",
        remedy: "Use a current browser, or have a server do the work with `remote`",
      })
      if (this.#snapshot.status === "unsupported") this.#show({ ...this.#snapshot, error })
    } catch (cause) {
      if (this.#snapshot.status === "unsupported") {
        this.#show({ ...this.#snapshot, error: toHooksError("Loading the SDK", cause) })
      }
    }
  }

  #isCurrent(): boolean {
    return this.#opened !== undefined && isSameSource(this.#opened.source, this.#source)
  }

  #isRemote(): boolean {
    return this.#source.facet === undefined && this.#source.remote !== undefined
  }

  #resting(): FacetSnapshot {
    const isRemote = this.#isRemote()
    const canRun = isRemote || this.#source.facet !== undefined || isSupported()
    return { ...nothing, status: canRun ? "idle" : "unsupported", isRemote }
  }

  #show(snapshot: FacetSnapshot): void {
    this.#snapshot = snapshot
    for (const listener of this.#listeners) listener()
  }
}

function statusOf({ phase, source }: Progress): "downloading" | "loading" {
  const isFetching = phase === "waiting" || (phase === "download" && source !== "cache")
  return isFetching ? "downloading" : "loading"
}
