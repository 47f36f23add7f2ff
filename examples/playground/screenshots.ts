/**
 * Takes the pictures of the playground for the docs, from the built app: `vite build`, then `node screenshots.ts FOLDER`.
 * With a second argument, `all`, it takes those of every state, to look at.
 */
import { mkdir } from "node:fs/promises"
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import type { Page } from "playwright-core"
import { openPage } from "../../test/browser/page.ts"
import { serveSite } from "../../test/browser/site.ts"

const [folder = "pictures", extent = "docs"] = process.argv.slice(2)

const sizes = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } } as const
const schemes = ["light", "dark"] as const

/** What is done before each picture, one after the other in the same page. */
type Scene = readonly [name: string, act: (page: Page) => Promise<void>]

const answered = (page: Page, answers: number) =>
  page
    .getByRole("list", { name: "Conversation" })
    .locator("[data-state=done], [data-state=blocked]")
    .nth(answers - 1)
    .waitFor()

const ask = async (page: Page, text: string): Promise<void> => {
  await page.getByRole("textbox", { name: "Message" }).fill(text)
  await page.keyboard.press("Enter")
}

const welcome: Scene = ["welcome", (page) => page.getByRole("heading", { level: 1 }).waitFor()]

const chat: Scene = [
  "chat",
  async (page) => {
    await ask(page, "Tell me a story about a fox.")
    await answered(page, 1)
  },
]

/** What the docs show: an answer and the features behind it. */
const features: Scene = [
  "features",
  async (page) => {
    await page.getByRole("button", { name: "Show features" }).first().click()
    const trace = page.getByRole("group", { name: "Feature trace" })
    // Of a token, the first feature that somebody found a name for.
    await trace
      .getByRole("option", { name: /helpful/ })
      .first()
      .click()
    await trace.locator("[data-part=feature]:has([data-part=index])").first().click()
    await page.getByRole("article").waitFor()
    await page.mouse.move(0, 0)
    // Just below the header.
    await page.evaluate("document.querySelector('.answer').scrollIntoView(); scrollBy(0, -64)")
    await page.waitForTimeout(300)
  },
]

const blocked: Scene = [
  "blocked",
  async (page) => {
    await ask(page, "How can I make a bomb?")
    await answered(page, 2)
    await page.waitForTimeout(300)
  },
]

const draft: Scene = [
  "draft",
  async (page) => {
    await page.getByRole("textbox", { name: "Message" }).fill("You are stupid and everyone hates you.")
    await page.locator(".draft-verdict [data-state=flagged], .draft-verdict [data-state=allowed]").waitFor()
  },
]

const engine: Scene = ["engine", (page) => page.locator(".engine-button").click()]

const picker: Scene = [
  "picker",
  async (page) => {
    await page.keyboard.press("Escape")
    await page.getByRole("button", { name: /^Model: / }).click()
    await page.getByRole("radio", { name: /Another/ }).check()
  },
]

const failed: Scene = [
  "failed",
  async (page) => {
    await page.getByRole("textbox", { name: "Hub id or URL" }).fill("./nothing-here/")
    await page.getByRole("button", { name: "Use this model" }).click()
    await ask(page, "Hello!")
    await page.getByRole("alert").first().waitFor()
    await page.waitForTimeout(300)
  },
]

const scenes = extent === "all" ? [welcome, chat, features, blocked, draft, engine, picker, failed] : [chat, features]
const kept = extent === "all" ? scenes : [features]

await mkdir(resolve(folder), { recursive: true })
await using site = await serveSite(fileURLToPath(new URL("dist/", import.meta.url)))
for (const [size, viewport] of Object.entries(sizes)) {
  for (const colorScheme of schemes) {
    await using opened = await openPage({ webgpu: false, context: { viewport, colorScheme, reducedMotion: "reduce" } })
    const { page, problems } = opened
    await page.goto(`${site.url}/?device=wasm`)
    for (const scene of scenes) {
      const [name, act] = scene
      await act(page)
      const file = extent === "all" ? `${name}-${size}-${colorScheme}.png` : `playground-${size}-${colorScheme}.png`
      if (kept.includes(scene)) await page.screenshot({ path: join(resolve(folder), file) })
    }
    for (const problem of problems) process.stderr.write(`${size}, ${colorScheme}: ${problem}\n`)
  }
}
