import { afterEach, expect, test, vi } from "vitest"
import { importAnew } from "../../src/store/importAnew.ts"

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

/** What comes after the address is a comment in it. */
const moduleOf = (name: string): string => `data:text/javascript,export const ${name} = "here"//.js`

/** A browser that says of a module only that it failed, and lists what it has fetched since. */
function browserThatNamesNone(fetched: ReadonlyArray<string>, failing: ReadonlyArray<string>): void {
  vi.spyOn(performance, "getEntriesByType").mockImplementation(() =>
    // What is looked at of an entry.
    fetched.map((name) => ({ name, startTime: performance.now() }) as PerformanceEntry),
  )
  vi.stubGlobal("fetch", async (url: string) => new Response(null, { status: failing.includes(url) ? 503 : 200 }))
}

const fails = async (): Promise<never> => {
  throw new TypeError("Importing a module script failed.")
}

test("gives what was imported", async () => {
  expect(await importAnew(async () => ({ Facet: 1 }), "Facet")).toEqual({ Facet: 1 })
})

test("asks anew for the script that did not come, where the browser does not name it", async () => {
  const url = moduleOf("One")
  browserThatNamesNone(["https://example.org/picture.png", moduleOf("Other"), url], [url])
  expect(await importAnew<{ One: string }>(fails, "One")).toMatchObject({ One: "here" })
})

test("remembers it for the next time, when the browser fetches nothing any more", async () => {
  const url = "https://example.org/two.js"
  browserThatNamesNone([url], [url])
  const failure = expect.objectContaining({ _tag: "CodeLoadError", url })
  await expect(importAnew<{ Two: string }>(fails, "Two")).rejects.toEqual(failure)
  browserThatNamesNone([], [])
  await expect(importAnew<{ Two: string }>(fails, "Two")).rejects.toEqual(failure)
})

test("takes no module for the one that was meant", async () => {
  browserThatNamesNone([moduleOf("Other")], [])
  await expect(importAnew<{ Three: string }>(fails, "Three")).rejects.toMatchObject({ _tag: "CodeLoadError" })
})
