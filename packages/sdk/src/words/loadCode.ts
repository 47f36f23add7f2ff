import { CodeLoadError } from "./Errors.ts"

/**
 * Code that comes with the first one who needs it, as most pages need none of it.
 *
 * @param load an `import()`
 * @throws CodeLoadError where it does not arrive
 */
export const loadCode = <A>(load: () => Promise<A>): Promise<A> =>
  load().catch((cause: unknown) => {
    throw new CodeLoadError({ what: "Code", url: "", problem: String(cause), remedy: "Ask again." })
  })
