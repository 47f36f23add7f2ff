/** What a function may give that makes a stream. */
export type Source<A> = AsyncIterable<A> | ReadableStream<A>

/** What a source failed with, apart from what a guard may fail with. */
export class SourceFailure {
  readonly cause: unknown

  constructor(cause: unknown) {
    this.cause = cause
  }
}
