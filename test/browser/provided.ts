/** What the browser projects of vitest.config.ts tell their tests: `inject("react")`. */
declare module "vitest" {
  interface ProvidedContext {
    /** The major version of React that the project runs on. */
    readonly react: string
  }
}

export type {}
