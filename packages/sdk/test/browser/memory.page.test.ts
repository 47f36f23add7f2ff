/** What an open Facet holds comes back to the machine, as the machine itself sees it. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "vite"
import { assert, it, vi } from "vitest"
import { openPage } from "../../../../test/browser/page.ts"
import { renderersMegabytes } from "../../../../test/browser/renderersMegabytes.ts"
import { serveSite } from "../../../../test/browser/site.ts"

it("gives its memory back when it is closed, time and again", async () => {
  const folder = await mkdtemp(join(tmpdir(), "facet-memory-"))
  const root = fileURLToPath(new URL("openAndClose", import.meta.url))
  vi.stubEnv("NODE_ENV", "production")
  await build({ root, base: "./", logLevel: "error", worker: { format: "es" }, build: { outDir: folder } })
  vi.unstubAllEnvs()
  await using site = await serveSite(folder)
  await using opened = await openPage({ webgpu: false })
  await opened.page.goto(`${site.url}/`)
  await opened.page.waitForFunction("globalThis.openFacet !== undefined")
  const before = await renderersMegabytes(opened.browser)
  const seen: Array<{ readonly open: number; readonly closed: number }> = []
  for (let i = 0; i < 2; i++) {
    await opened.page.evaluate("openFacet()")
    assert.isAbove(opened.page.workers().length, 0)
    const open = await renderersMegabytes(opened.browser)
    await opened.page.evaluate("closeFacet()")
    // Chromium ends a worker that waits for its threads by force, after two seconds.
    await vi.waitUntil(() => opened.page.workers().length === 0, { timeout: 10_000 })
    await opened.page.waitForTimeout(1000)
    seen.push({ open, closed: await renderersMegabytes(opened.browser) })
  }
  console.log(
    `MB before: ${before}; then open and closed: ${seen.map(({ closed, open }) => `${open}, ${closed}`).join("; ")}`,
  )
  const [first, last] = [seen[0], seen.at(-1)]
  assert.isAbove((first?.open ?? 0) - before, 50)
  // Scripts and code caches stay, some 40 MB; a model that stayed would add 100 MB and more each time.
  for (const { closed } of seen) assert.isBelow(closed - before, 80)
  assert.isBelow((last?.closed ?? Infinity) - (first?.closed ?? 0), 30)
  await rm(folder, { recursive: true, force: true })
})
