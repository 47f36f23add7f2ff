declare module "vitest" {
  interface ProvidedContext {
    /** A server with `effects()` of the embedded model. */
    readonly effectsUrl: string
  }
}

export type {}
