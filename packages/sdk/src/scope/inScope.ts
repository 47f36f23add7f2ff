import { ModelFileError, ScopeFileError } from "../words/Errors.ts"

/** A scope's file is not a model's: the same trouble under the name that fits. */
export async function inScope<A>(read: Promise<A>): Promise<A> {
  try {
    return await read
  } catch (cause) {
    if (!(cause instanceof ModelFileError)) throw cause
    const { file, problem, remedy } = cause
    throw new ScopeFileError({ file, problem, remedy })
  }
}
