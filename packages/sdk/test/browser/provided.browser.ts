/** What `models.setup.ts` tells the tests in the browser. */
declare module "vitest" {
  interface ProvidedContext {
    /** A folder of the embedded model in blocks of 4 bits. */
    readonly quantised: string
    /** A folder of the embedded model that says other logits of it than it has. */
    readonly wrongLogits: string
    /** A folder of a small random Gemma 3. */
    readonly gemma3: string
  }
}

export type {}
