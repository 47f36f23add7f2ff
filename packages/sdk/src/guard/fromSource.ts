/** Streams of other people's making, as Effect reads them. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { invalidRequest } from "../words/Errors.ts"
import { type Source, SourceFailure } from "./SourceFailure.ts"

/** How the elements of a source are read, whatever kind it is. */
interface Reader<A> {
  readonly next: () => Promise<{ readonly done?: boolean | undefined; readonly value?: A | undefined }>
  readonly release: () => Promise<unknown> | undefined
}

/**
 * Starts a source and reads it. The signal fires and the source is released as soon as nobody reads on; a source that
 * does not listen is left to itself, and nobody waits for it.
 */
export const fromSource = <A>(
  start: (context: { readonly signal: AbortSignal }) => Source<A> | Promise<Source<A>>,
): Stream.Stream<A, SourceFailure> =>
  Stream.scoped(
    Stream.fromPull(
      Effect.gen(function* () {
        const controller = new AbortController()
        yield* Effect.addFinalizer(() => Effect.sync(() => controller.abort()))
        const starting = Effect.tryPromise({
          try: async () => {
            const started = await start({ signal: controller.signal })
            // Whoever asked may have left in the meantime.
            if (controller.signal.aborted)
              void readerOf(started)
                .release()
                ?.catch(() => {})
            return started
          },
          catch: (cause) => new SourceFailure(cause),
        })
        const source = yield* starting
        const reader = yield* Effect.acquireRelease(
          Effect.try({ try: () => readerOf(source), catch: (cause) => new SourceFailure(cause) }),
          (opened) => Effect.sync(() => void opened.release()?.catch(() => {})),
        )
        return Effect.flatMap(
          Effect.tryPromise({ try: () => reader.next(), catch: (cause) => new SourceFailure(cause) }),
          // A value may be undefined: only `done` says that there is none.
          ({ done, value }) => (done === true ? Cause.done() : Effect.succeed([value as A] as const)),
        )
      }),
    ),
  )

/** Some browsers' streams are no async iterables, so a stream is read as one. */
function readerOf<A>(source: Source<A>): Reader<A> {
  if (source instanceof ReadableStream) {
    const reader = source.getReader()
    return { next: () => reader.read(), release: () => reader.cancel() }
  }
  if (typeof source === "object" && source !== null && Symbol.asyncIterator in source) {
    const iterator = source[Symbol.asyncIterator]()
    return { next: () => iterator.next(), release: () => iterator.return?.() }
  }
  throw invalidRequest(
    "source",
    "the function gave neither an async iterable nor a ReadableStream",
    "Return a stream of text.",
  )
}
