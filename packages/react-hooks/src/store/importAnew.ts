/** Code that is loaded when it is needed, and asked for again when it did not come. */
import { PageCodeError } from "./FacetHooksError.ts"

let tries = 0

/** Where modules that did not come lie, by the export that each is known by. */
const missing = new Map<string, string>()

/**
 * Imports a module. A browser remembers that a module failed, and never fetches that address again: so it is asked for
 * under another one.
 *
 * @param name - of an export by which the module is known to be the one that was meant.
 * @throws PageCodeError
 */
export async function importAnew<A extends object>(load: () => Promise<A>, name: keyof A & string): Promise<A> {
  const start = performance.now()
  try {
    return await load()
  } catch (cause) {
    const url = addressIn(cause) || missing.get(name) || (await missingSince(start))
    if (url !== "") missing.set(name, url)
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

/** Most browsers name it in the message, and nowhere else. */
const addressIn = (cause: unknown): string =>
  /https?:\/\/[^\s'"]+/.exec(cause instanceof Error ? cause.message : "")?.[0] ?? ""

/** Safari names it nowhere: it is the first script since then that still does not come, or else the first at all. */
async function missingSince(start: number): Promise<string> {
  const scripts = performance
    .getEntriesByType("resource")
    .filter(({ name, startTime }) => startTime >= start && /\.m?js($|\?)/.test(name))
    .map(({ name }) => name)
  for (const script of scripts) if (!(await arrives(script))) return script
  return scripts[0] ?? ""
}

const arrives = (url: string): Promise<boolean> =>
  fetch(url, { method: "HEAD" }).then(
    ({ ok }) => ok,
    () => false,
  )
