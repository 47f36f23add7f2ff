/** What `models.setup.ts` tells the tests in the browser. */
declare module "vitest" {
  interface ProvidedContext {
    /** A folder of the embedded model in blocks of 4 bits. */
    readonly quantised: string
    /** A folder of a small random Gemma 3. */
    readonly gemma3: string
    /** The first of its layers alone: what opens fastest where programs for a graphics device are made slowly. */
    readonly oneLayer: string
  }
}

export type {}
