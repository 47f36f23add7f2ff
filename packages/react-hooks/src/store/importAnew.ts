/** Code that is loaded when it is needed, and asked for again when it did not come. */
import { PageCodeError } from "./FacetHooksError.ts"

let tries = 0

/**
 * Imports a module. A browser remembers that a module failed, and never fetches that address again: so it is asked for
 * under another one, where the browser tells the address.
 *
 * @param name - of an export by which the module is known to be the one that was meant.
 * @throws PageCodeError
 */
export async function importAnew<A extends object>(load: () => Promise<A>, name: keyof A & string): Promise<A> {
  try {
    return await load()
  } catch (cause) {
    const url = addressIn(cause)
    // Not the page's own import: bundlers are to leave it alone.
    const again: unknown = await (url === "" ? undefined : fetchAgain(url))
    // It is the same file, so that it has the same exports.
    if (typeof again === "object" && again !== null && name in again) return again as A
    throw new PageCodeError(url, cause)
  }
}

async function fetchAgain(url: string): Promise<unknown> {
  const address = `${url}${url.includes("?") ? "&" : "?"}again=${++tries}`
  return import(/* @vite-ignore */ /* webpackIgnore: true */ address).catch(() => undefined)
}

/** Browsers name it in the message alone; some do not. */
const addressIn = (cause: unknown): string =>
  /https?:\/\/[^\s'"]+/.exec(cause instanceof Error ? cause.message : "")?.[0] ?? ""
