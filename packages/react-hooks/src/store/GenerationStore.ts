import type { Effects } from "@facet/sdk/remote"
import type {
  CallOptions,
  FinishReason,
  GenerateOptions,
  Generation,
  Prompt,
  Timings,
  Trace,
  TraceToken,
  Usage,
} from "@facet/sdk/words"
import type { FacetHooksError } from "./FacetHooksError.ts"
import type { FacetStore } from "./FacetStore.ts"
import {
  type GenerationFailure,
  type GenerationState,
  generationOf,
  noGeneration,
  withPart,
} from "./GenerationState.ts"
import { Throttle } from "./Throttle.ts"
import { toHooksError } from "./toHooksError.ts"
import { wasClosedHere } from "./wasClosedHere.ts"

export interface GenerationSnapshot {
  /**
   * - `generating`: also while the Facet is opened for it;
   * - `done`: it came to its end, or was stopped after it had said something;
   * - `blocked`: a guard held back what came in or went out.
   */
  readonly status: "idle" | "generating" | "done" | "blocked" | "error"
  /** What the model said so far; of a blocked one, what was released. */
  readonly text: string
  /** The features of each token of the text, at the first site that was asked for; empty without `trace`. */
  readonly tokens: ReadonlyArray<TraceToken>
  /** The same for all sites that were asked for. */
  readonly traces: ReadonlyArray<Trace>
  /** What the guard said of what came in and of what went out. A flagged one stays. */
  readonly verdicts: Generation["verdicts"]
  /** Judgements that failed, where the guard's `onError` is `"allow"`; otherwise they are the `error`. */
  readonly failures: ReadonlyArray<GenerationFailure>
  /** Why it ended, how much it used and how long it took: known at the end, and not of a stopped one. */
  readonly finishReason: FinishReason | undefined
  readonly usage: Usage | undefined
  readonly timings: Timings | undefined
  /** The finished generation, as `shield`, `inspect` and `useTrace` take it. */
  readonly generation: Generation | undefined
  readonly error: FacetHooksError | undefined
}

interface Run {
  readonly prompt: Prompt
  readonly controller: AbortController
  readonly throttle: Throttle<GenerationState>
  state: GenerationState
}

/** Screens show no more than this, and each change renders. */
const RENDER_INTERVAL_MS = 16

/** What a server renders, and where each generation starts. */
export const idleGeneration: GenerationSnapshot = {
  status: "idle",
  text: "",
  tokens: [],
  traces: [],
  verdicts: {},
  failures: [],
  finishReason: undefined,
  usage: undefined,
  timings: undefined,
  generation: undefined,
  error: undefined,
}

/** One generation at a time, as it grows. It knows no framework; `useGenerate` makes one. */
export class GenerationStore {
  readonly #facet: FacetStore
  readonly #listeners = new Set<() => void>()
  #snapshot = idleGeneration
  #run: Run | undefined

  constructor(facet: FacetStore) {
    this.#facet = facet
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  getSnapshot = (): GenerationSnapshot => this.#snapshot

  getServerSnapshot = (): GenerationSnapshot => idleGeneration

  /**
   * Stops the one before, and starts anew. Opens the Facet first when it is not. Resolves to the finished generation, or
   * to undefined when it was stopped or failed; never rejects.
   */
  async generate(
    prompt: Prompt,
    { signal, ...options }: GenerateOptions & CallOptions,
  ): Promise<Generation | undefined> {
    this.#end()
    const controller = new AbortController()
    const throttle = new Throttle<GenerationState>((state) => this.#show(snapshotOf(prompt, state)), RENDER_INTERVAL_MS)
    const run: Run = { prompt, controller, throttle, state: noGeneration }
    this.#run = run
    this.#show({ ...idleGeneration, status: "generating" })
    let effects: Effects | undefined
    try {
      const either = signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal])
      effects = await this.#facet.ready({ signal: either })
      for await (const part of effects.stream(prompt, { ...options, signal: either })) {
        if (this.#run !== run) return undefined
        run.state = withPart(run.state, part)
        throttle.push(run.state)
      }
      throttle.flush()
      return this.#snapshot.generation
    } catch (cause) {
      if (this.#run !== run) return undefined
      if (isAbort(cause, signal) || wasClosedHere(cause, this.#facet, effects)) this.stop()
      else this.#fail(run, cause)
      return undefined
    } finally {
      if (this.#run === run) this.#run = undefined
    }
  }

  /** Ends the generation within one token. What was said stays. */
  stop = (): void => {
    const run = this.#end()
    if (run === undefined) return
    const snapshot = snapshotOf(run.prompt, run.state)
    this.#show({ ...snapshot, status: run.state.text === "" ? "idle" : "done" })
  }

  /** Ends the generation and forgets it. */
  reset = (): void => {
    this.#end()
    this.#show(idleGeneration)
  }

  #end(): Run | undefined {
    const run = this.#run
    this.#run = undefined
    run?.throttle.cancel()
    run?.controller.abort(new DOMException("The generation was stopped.", "AbortError"))
    return run
  }

  #fail(run: Run, cause: unknown): void {
    run.throttle.cancel()
    const error = toHooksError("Generating", cause)
    this.#show({ ...snapshotOf(run.prompt, run.state), status: "error", error })
  }

  #show(snapshot: GenerationSnapshot): void {
    this.#snapshot = snapshot
    for (const listener of this.#listeners) listener()
  }
}

/** The caller's own signal, or an opening that was cancelled. */
const isAbort = (cause: unknown, signal: AbortSignal | undefined): boolean =>
  signal?.aborted === true || (cause instanceof DOMException && cause.name === "AbortError")

function snapshotOf(prompt: Prompt, state: GenerationState): GenerationSnapshot {
  const { failures, finish, text, traces, verdicts } = state
  return {
    ...idleGeneration,
    status: finish === undefined ? "generating" : finish.finishReason === "blocked" ? "blocked" : "done",
    text,
    tokens: traces[0]?.tokens ?? [],
    traces,
    verdicts,
    failures,
    finishReason: finish?.finishReason,
    usage: finish?.usage,
    timings: finish?.timings,
    generation: generationOf(prompt, state),
  }
}
