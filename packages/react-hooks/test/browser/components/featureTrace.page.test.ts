/** How long the page's thread is busy at a stretch while a trace of 4,000 tokens is scrolled, hovered and typed in. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import react from "@vitejs/plugin-react"
import { type Browser, chromium, type Page } from "playwright-core"
import { build, preview, type PreviewServer } from "vite"
import { afterAll, beforeAll, expect, it, vi } from "vitest"
import { launchOptions } from "../../../../../test/browser/chromium.ts"

/** Whatever takes longer is called a long task: the page may miss frames. */
const longTaskMs = 50

let browser: Browser
let server: PreviewServer
let address: string
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "facet-trace-"))
  const shared = {
    root: fileURLToPath(new URL("page/", import.meta.url)),
    configFile: false,
    logLevel: "error",
    build: { outDir: folder, emptyOutDir: true },
  } as const
  // Vitest says "test", and with that Vite would build what developers run.
  vi.stubEnv("NODE_ENV", "production")
  await build({ ...shared, plugins: [react()] })
  vi.unstubAllEnvs()
  server = await preview(shared)
  address = server.resolvedUrls?.local[0] ?? ""
  browser = await chromium.launch(await launchOptions({ webgpu: false }))
})

afterAll(async () => {
  await browser?.close()
  await server?.close()
  await rm(folder, { recursive: true, force: true })
})

it("hovers, scrolls, moves and chooses without a long task", async () => {
  const page = await openPage("")
  const text = page.locator("[data-part=text]")
  const box = await text.boundingBox()
  if (box === null) throw new Error("the text is not drawn")
  const longest = {
    hover: await longestTask(page, async () => {
      for (let step = 0; step < 120; step++) {
        await page.mouse.move(box.x + 20 + ((step * 7) % (box.width - 60)), box.y + 20 + Math.floor(step / 24) * 27)
      }
    }),
    scroll: await longestTask(page, async () => {
      for (let step = 0; step < 60; step++) await page.mouse.wheel(0, 120)
    }),
    keys: await longestTask(page, async () => {
      await page.locator("[data-token]").first().focus()
      for (let step = 0; step < 40; step++) await page.keyboard.press(step % 3 === 0 ? "ArrowDown" : "ArrowRight")
    }),
    choose: await longestTask(page, async () => {
      await page.locator("[data-part=feature]").first().click()
      await page.getByRole("article").waitFor()
    }),
  }
  console.log("longest task in ms of CPU time, 4,000 tokens:", longest)
  for (const [what, milliseconds] of Object.entries(longest)) expect(milliseconds, what).toBeLessThan(longTaskMs)
  await page.close()
})

it("grows without a long task", async () => {
  const page = await openPage("?grow")
  const longest = await longestTask(page, () => page.locator('[data-token="4199"]').waitFor({ state: "attached" }))
  console.log("longest task in ms of CPU time, 4,000 tokens and growing:", longest)
  expect(longest).toBeLessThan(longTaskMs)
  await page.close()
})

async function openPage(query: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  await page.goto(address + query)
  await page.locator('[data-token="3999"]').waitFor({ state: "attached" })
  // What is measured is the use of the page, not its start.
  await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)))
  return page
}

interface TraceEvent {
  readonly name: string
  readonly pid: number
  readonly tid: number
  readonly tdur?: number
  readonly args?: { readonly name?: string }
}

/** In milliseconds of CPU time: others who use the cores meanwhile do not make a task longer. */
async function longestTask(page: Page, act: () => Promise<void>): Promise<number> {
  await browser.startTracing(page, { categories: ["toplevel", "devtools.timeline"] })
  await act()
  // Until what was asked for is drawn.
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 100))))
  // Chromium's trace format: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
    readonly traceEvents: ReadonlyArray<TraceEvent>
  }
  const main = traceEvents.find(({ args, name }) => name === "thread_name" && args?.name === "CrRendererMain")
  if (main === undefined) throw new Error("the trace names no main thread")
  const tasks = traceEvents.filter(
    ({ name, pid, tid }) => pid === main.pid && tid === main.tid && name.endsWith("RunTask"),
  )
  expect(tasks.length).toBeGreaterThan(0)
  return tasks.reduce((most, { tdur = 0 }) => Math.max(most, tdur / 1000), 0)
}
