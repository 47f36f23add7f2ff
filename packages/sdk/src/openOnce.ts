/** A Facet that several places use: opened when the first one needs it, closed when the last one is done. */
import { ClosedError, invalidRequest } from "./words/Errors.ts"
import type { CallOptions } from "./words/CallOptions.ts"
import { Facet } from "./Facet.ts"
import type { OpenOptions } from "./words/OpenOptions.ts"

/** What an adapter holds instead of a Facet. */
export interface SharedFacet extends AsyncDisposable {
  /** The Facet, opened if it is not. An opening that fails is tried again by the next caller. */
  readonly get: (call?: CallOptions) => Promise<Facet>
  /** Closes the Facet, unless it was handed in open or somebody else holds it. Asking for it afterwards is an error. */
  readonly dispose: () => Promise<void>
}

interface Entry {
  readonly opening: Promise<Facet>
  holders: number
}

/** Facets that were opened here, by their options. */
const entries = new Map<string, Entry>()

/**
 * Shares one Facet per process between all who ask with equal options.
 *
 * @param facet an open Facet, which is handed through and never closed here; or the options of `Facet.open`
 * @throws InvalidRequestError when it is neither
 * @example
 * const shared = openOnce({ model: "tiny" })
 * const facet = await shared.get()
 * await shared.dispose()
 */
export function openOnce(facet: Facet | OpenOptions = {}): SharedFacet {
  if (facet instanceof Facet) return handedIn(facet)
  if (typeof facet !== "object" || facet === null) {
    throw invalidRequest(
      "facet",
      `${facet === null ? "null" : typeof facet} is no Facet`,
      "Pass an open Facet, or the options of Facet.open().",
    )
  }
  return new Opener(facet)
}

const handedIn = (facet: Facet): SharedFacet => {
  const dispose = async () => {}
  return { get: async () => facet, dispose, [Symbol.asyncDispose]: dispose }
}

class Opener implements SharedFacet {
  readonly #options: OpenOptions
  readonly #key: string
  #held: Entry | undefined
  #isDisposed = false

  constructor(options: OpenOptions) {
    this.#options = options
    this.#key = keyOf(options)
  }

  get = async ({ signal }: CallOptions = {}): Promise<Facet> => {
    signal?.throwIfAborted()
    if (this.#isDisposed) throw new ClosedError()
    const { opening } = this.#hold()
    return signal === undefined ? opening : unlessAborted(opening, signal)
  }

  dispose = async (): Promise<void> => {
    this.#isDisposed = true
    const held = this.#held
    this.#held = undefined
    if (held === undefined || --held.holders > 0) return
    if (entries.get(this.#key) === held) entries.delete(this.#key)
    const facet = await held.opening.catch(() => undefined)
    await facet?.close()
  };

  [Symbol.asyncDispose] = this.dispose

  #hold(): Entry {
    if (this.#held !== undefined) return this.#held
    const entry = entries.get(this.#key) ?? this.#open()
    entry.holders++
    this.#held = entry
    entry.opening.catch(() => {
      if (this.#held === entry) this.#held = undefined
    })
    return entry
  }

  #open(): Entry {
    const entry: Entry = { opening: Facet.open(this.#options), holders: 0 }
    entries.set(this.#key, entry)
    entry.opening.catch(() => {
      if (entries.get(this.#key) === entry) entries.delete(this.#key)
    })
    return entry
  }
}

/** Who wants to be told of progress has a Facet of its own: the function is part of the options. */
function keyOf(options: OpenOptions): string {
  const given = Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, typeof value === "function" ? identityOf(value) : value])
    .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1))
  try {
    // A server's key may be a function.
    return JSON.stringify(given, (_, value) => (typeof value === "function" ? identityOf(value) : value))
  } catch {
    // No options hold what cannot be written: what is wrong with these is said by opening with them.
    return identityOf(options)
  }
}

const identities = new WeakMap<object, number>()
let lastIdentity = 0

function identityOf(value: object): string {
  const known = identities.get(value) ?? ++lastIdentity
  identities.set(value, known)
  return `#${known}`
}

/** Whoever gives up waits no longer; the opening goes on for the others. */
async function unlessAborted<A>(promise: Promise<A>, signal: AbortSignal): Promise<A> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  signal.addEventListener("abort", abort, { once: true })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener("abort", abort)
  }
}
