import { assert } from "vitest"

/** What a call is refused with. */
export async function failure(
  work: Promise<unknown>,
): Promise<Error & { readonly _tag?: string; readonly status?: number }> {
  try {
    await work
  } catch (error) {
    if (error instanceof Error) return error
  }
  return assert.fail("nothing was refused")
}
