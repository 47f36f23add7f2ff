/** What `published.setup.ts` tells the tests in the browser. */
declare module "vitest" {
  interface ProvidedContext {
    readonly published: {
      /** The host: behind it the manner in which it serves, and the name of a model. */
      readonly url: string
      readonly packed: ReadonlyArray<Packed>
    }
  }
}

/** What Node's conversion made of a published model. */
export interface Packed {
  readonly name: string
  /** `usual`: none was asked for. */
  readonly dtype: string
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>
}

/** A request for a file that is there. */
export interface PublishedRequest {
  readonly method: string
  /** From the manner on. */
  readonly path: string
  /** Of the body. */
  readonly bytes: number
}
