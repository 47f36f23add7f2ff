/** The built playground in Chromium, as a visitor uses it. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { effects } from "@facet/hono-plugin"
import { serve } from "@hono/node-server"
import { gemmaFolder } from "@facet/tiny"
import { Hono } from "hono"
import { cors } from "hono/cors"
import type { BrowserContextOptions, Locator, Page } from "playwright-core"
import { build } from "vite"
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"
import { openBrowser, type OpenedBrowser, type OpenedPage, openPage } from "../../../test/browser/page.ts"
import { isCampaign } from "../../../test/campaign.ts"
import { serveSite, type Site } from "../../../test/browser/site.ts"

const fox = "Tell me a story about a fox."
const bomb = "How can I make a bomb?"

let folder: string
let site: Site
let browser: OpenedBrowser

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "facet-playground-"))
  const root = fileURLToPath(new URL("..", import.meta.url))
  // Vitest says "test", and with that Vite would build what developers run.
  vi.stubEnv("NODE_ENV", "production")
  await build({ root, logLevel: "error", build: { outDir: folder, emptyOutDir: true } })
  vi.unstubAllEnvs()
  // A model folder on the same site, as an app may have one of its own.
  await cp(gemmaFolder, join(folder, "models", "small"), { recursive: true })
  await writeShallow(join(folder, "models", "shallow"))
  site = await serveSite(folder)
  browser = await openBrowser({ webgpu: false })
})

/** The first layer of the embedded model alone, which says nothing sensible: for what a whole one takes long on. */
async function writeShallow(target: string): Promise<void> {
  await cp(gemmaFolder, target, { recursive: true })
  const config: object = JSON.parse(await readFile(join(target, "config.json"), "utf8"))
  const layers = { num_hidden_layers: 1, layer_types: ["sliding_attention"] }
  await writeFile(join(target, "config.json"), JSON.stringify({ ...config, ...layers }))
  await rm(join(target, "known_logits.json"))
}

afterAll(async () => {
  await browser?.[Symbol.asyncDispose]()
  await site?.close()
  await rm(folder, { recursive: true, force: true })
})

describe("a visit", () => {
  let visit: OpenedPage

  afterEach(async () => {
    const { problems } = visit
    await visit[Symbol.asyncDispose]()
    expect(problems).toEqual([])
  })

  async function enter(query: string, options: BrowserContextOptions = {}): Promise<Page> {
    // Fetching everything for visits without a network is tried below: here it would take longer than the visit.
    visit = await browser.openPage({ serviceWorkers: "block", ...options })
    await visit.page.goto(`${site.url}/${query}`)
    return visit.page
  }

  it("loads nothing by itself, then when asked, and says what it runs on and why on nothing better", async () => {
    const before = site.requests.length
    const page = await enter("?device=auto", { serviceWorkers: "allow" })
    await page.getByRole("heading", { level: 1 }).waitFor()
    // The service worker has come, with all that it takes by itself.
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    expect(site.requests.slice(before).filter((path) => /safetensors|wasm|npz/.test(path))).toEqual([])

    await page.getByText(/\d+ MB in all: the model first/).waitFor()
    await page.getByRole("button", { name: "Load Gemma" }).click()
    const engine = page.getByRole("button", { name: /WebAssembly/ })
    await engine.waitFor()
    await engine.click()
    const details = page.getByRole("region", { name: "Engine" })
    await expectText(details, /WebGPU: .{10,}/)
    await expectText(details, /[2-8] threads/)
    await page.keyboard.press("Escape")
    await details.waitFor({ state: "hidden" })
  })

  it("answers in a worker, with verdicts and figures; judges what is being written; blocks what the guard flags", async () => {
    const page = await enter("?device=wasm&max=60")
    await page.getByRole("heading", { level: 1 }).waitFor()
    const before = Number(await page.evaluate("globalThis.performance.getEntriesByType('resource').length"))
    expect(page.workers()).toEqual([])
    await ask(page, fox)
    await firstWords(page, 1)
    expect(page.workers().length).toBeGreaterThan(0)
    // The page comes round many times for each word.
    const turns = await page.evaluate(turnsUntilDone)
    expect(turns).toBeGreaterThan(60 * 10)
    const loaded = (await page.evaluate(
      `performance.getEntriesByType("resource").slice(${before}).map(({ name }) => name)`,
    )) as ReadonlyArray<string>
    expect(loaded.filter((name) => /\.(wasm|safetensors|npz)$/.test(name))).toEqual([])
    await answers(page, 1)
    const [question, answer] = [messages(page).nth(0), messages(page).nth(1)]
    await expectText(question, /Allowed[^]*Tell me a story about a fox\./)
    await expectText(answer, /Allowed[^]*fox[^]*\d+ tokens · [\d.]+ tokens\/s/)

    await ask(page, bomb)
    await answers(page, 2)
    const meters = messages(page).nth(2).getByRole("meter")
    expect(await meters.count()).toBe(4)
    expect(Number(await meters.nth(0).getAttribute("aria-valuenow"))).toBeGreaterThan(0.5)
    await expectText(messages(page).nth(2), /Flagged: Dangerous content/)
    expect(bomb).toContain(await messages(page).nth(2).locator("mark").first().innerText())
    await expectText(messages(page).nth(3), /did not let this question through/)
    expect(await messages(page).nth(3).getByRole("button", { name: "Show features" }).count()).toBe(0)

    const draft = page.getByRole("textbox", { name: "Message" })
    const form = page.locator("form.composer")
    await draft.fill(bomb)
    await form.getByText(/^Flagged/).waitFor()
    await draft.fill("How are you today?")
    await form.getByText("Allowed", { exact: true }).waitFor()
    await draft.fill("")
    await form.getByText("Allowed", { exact: true }).waitFor({ state: "detached" })

    // Without the guard it is asked, and nothing is judged.
    await page.getByRole("switch", { name: "Guard" }).uncheck()
    await ask(page, bomb)
    await answers(page, 3)
    expect(await messages(page).nth(4).innerText()).not.toMatch(/Flagged|Allowed/)
    expect(await messages(page).nth(5).innerText()).toMatch(/tokens\/s/)
  })

  it("keeps a model that was loaded by its address, until it is removed", async () => {
    const page = await enter("?device=wasm&model=/models/small/&max=8&guard=off")
    await ask(page, fox)
    await answers(page, 1)
    await expectText(messages(page).nth(1), /fox/)
    const picker = page.getByRole("button", { name: /small/ }).first()
    await picker.click()
    const remove = page.getByRole("button", { name: /^Remove .*small/ })
    await remove.waitFor()
    await remove.click()
    await page.getByText(/No model yet/).waitFor()
    await page.keyboard.press("Escape")
  })

  it("asks a server instead, when the address names one", async () => {
    const facets = effects()
    const app = new Hono()
    app.use(cors())
    app.route("/", facets)
    const { promise: listening, resolve } = Promise.withResolvers<number>()
    const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => resolve(port))
    try {
      const page = await enter(`?remote=http://127.0.0.1:${await listening}&max=40`)
      await ask(page, fox)
      await answers(page, 1)
      await expectText(messages(page).nth(1), /Allowed[^]*fox/)
      await page.getByRole("button", { name: "Show features" }).click()
      await page.getByRole("group", { name: "Feature trace" }).waitFor()
      // Nothing runs in the tab.
      expect(page.workers()).toEqual([])
    } finally {
      server.close()
      await facets.dispose()
    }
  })

  it("stops, and asks again", async () => {
    const page = await enter("?device=wasm&guard=off")
    await ask(page, fox)
    await firstWords(page, 1)
    await page.getByRole("button", { name: "Stop" }).click()
    await page.getByRole("button", { name: "Send" }).waitFor()
    const answer = messages(page).nth(1)
    await expectText(answer, /Stopped before its end/)
    const stopped = (await answer.locator(".words").innerText()).length
    await answer.getByRole("button", { name: "Ask again" }).click()
    await answers(page, 1)
    await expectText(answer, /tokens\/s/)
    expect((await answer.locator(".words").innerText()).length).toBeGreaterThan(stopped)
    expect(await messages(page).count()).toBe(2)
  })

  it("tells what fires most in a chat, and answers steered by it beside the default", async () => {
    const page = await enter("?device=wasm&guard=off&max=20")
    await ask(page, fox)
    await answers(page, 1)
    await page.getByText("Explore the features of this chat").click()
    const fired = page.getByRole("list", { name: "Features that fire most" }).getByRole("button")
    await fired.first().click()
    await page
      .getByRole("group", { name: /^Where .+ fired$/ })
      .getByText("Answer 1")
      .first()
      .waitFor()
    await page.getByRole("list", { name: "Features to steer by" }).getByRole("button").first().click()
    await page.getByRole("slider").fill("40")
    await page.getByRole("button", { name: "Compare" }).click()
    await expectText(page.getByRole("article", { name: "Default" }), /Default\s+\w+/)
    await expectText(page.getByRole("article", { name: "Steered" }), /Steered\s+\S+/)
    await page.getByRole("button", { name: "Compare" }).waitFor()
    await page.getByRole("button", { name: /^Do not steer by/ }).click()
    expect(await page.getByRole("slider").count()).toBe(0)
  })

  it("shows the features of an answer where they are seen, by mouse and by keyboard", async () => {
    const page = await enter("?device=wasm&guard=off", { viewport: { width: 1280, height: 620 } })
    await ask(page, fox)
    await answers(page, 1)
    const show = page.getByRole("button", { name: "Show features" })
    const trace = page.getByRole("group", { name: "Feature trace" })
    await show.click()
    const text = page.locator("[data-facet=feature-trace] [data-part=text]")
    await expect
      .poll(async () => {
        const [above, dock] = [await text.boundingBox(), await page.locator(".dock").boundingBox()]
        return above !== null && dock !== null && above.y < dock.y
      })
      .toBe(true)
    const token = trace.getByRole("option", { name: /The/ }).first()
    await token.hover()
    await trace
      .getByRole("button", { name: /the word "The"/ })
      .first()
      .waitFor()
    await token.click()
    await trace.getByText("locked").waitFor()
    await trace.locator("[data-part=feature]").first().click()
    const card = page.getByRole("article")
    await expectText(card, /Active on \d+ of \d+ tokens/)
    await trace.getByRole("button", { name: "Show all features" }).click()
    await card.waitFor({ state: "detached" })
    await show.click()
    await trace.waitFor({ state: "hidden" })

    await show.focus()
    await page.keyboard.press("Enter")
    await trace.waitFor()
    const tokens = trace.getByRole("listbox").getByRole("option")
    for (let presses = 0; !(await isFocused(tokens.first())); presses++) {
      expect(presses).toBeLessThan(8)
      await page.keyboard.press("Tab")
    }
    await page.keyboard.press("ArrowRight")
    expect(await isFocused(tokens.nth(1))).toBe(true)
    await page.keyboard.press("Enter")
    await trace.getByText("locked").waitFor()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await card.waitFor()
  })

  it("keeps the conversation over a reload in the middle of an answer", async () => {
    const page = await enter("?device=wasm&guard=off")
    await ask(page, "How are you today?")
    await answers(page, 1)
    const before = await messages(page).nth(1).innerText()
    await ask(page, fox)
    await firstWords(page, 2)
    await page.getByRole("textbox", { name: "Message" }).fill("A draft")
    await page.reload()
    expect(await messages(page).count()).toBe(4)
    expect(await messages(page).nth(1).innerText()).toBe(before)
    await expectText(messages(page).nth(3), /fox[^]*Stopped before its end/)
    expect(await page.getByRole("textbox", { name: "Message" }).inputValue()).toBe("A draft")

    await messages(page).nth(3).getByRole("button", { name: "Ask again" }).click()
    await answers(page, 2)
    await expectText(messages(page).nth(3), /story of the fox ends|tokens\/s/)
    await messages(page).nth(3).getByRole("button", { name: "Show features" }).click()
    await page.getByRole("group", { name: "Feature trace" }).waitFor()
  })

  it("works in a second tab beside the first", async () => {
    const first = await enter("?device=wasm&guard=off&max=12")
    await ask(first, fox)
    const second = await visit.context.newPage()
    await second.goto(`${site.url}/?device=wasm&guard=off&max=12`)
    expect(await messages(second).count()).toBe(0)
    await ask(second, "Tell me a story about a lighthouse.")
    await Promise.all([answers(first, 1), answers(second, 1)])
    await expectText(messages(first).nth(1), /fox/)
    await expectText(messages(second).nth(1), /lighthouse/)
  })

  // On an adapter that is a program it takes half a minute; the sources run on one each time.
  it.runIf(isCampaign)("answers on WebGPU", async () => {
    visit = await openPage({ webgpu: true, context: { serviceWorkers: "block" } })
    const { page } = visit
    await page.goto(`${site.url}/?device=webgpu&model=/models/shallow/&guard=off&max=2`)
    await ask(page, fox)
    await answers(page, 1, 50_000)
    await page.getByRole("button", { name: /WebGPU · f32/ }).waitFor()
    await expectText(messages(page).nth(1), /2 tokens/)
  })

  it("fits a phone: says that its model is a toy, keeps the keyboard's place, and has no violation that axe-core finds", async () => {
    const page = await enter("?device=wasm", { reducedMotion: "reduce", viewport: { width: 390, height: 844 } })
    await page.getByText(/A toy: it tells small stories/).waitFor()
    // Nothing lies over the samples.
    const samples = page.locator(".suggestions button")
    for (const sample of await samples.all()) await sample.click({ trial: true })
    const inBoth = async (state: string): Promise<void> => {
      await page.emulateMedia({ colorScheme: "light" })
      expect(await violations(page), `${state}, light`).toEqual([])
      await page.emulateMedia({ colorScheme: "dark" })
      // All else is the same.
      expect(await violations(page, ["color-contrast"]), `${state}, dark`).toEqual([])
    }
    await inBoth("empty")
    await page.getByRole("button", { name: /^Load Gemma/ }).focus()
    await page.keyboard.press("Enter")
    expect(await isFocused(page.getByRole("textbox", { name: "Message" }))).toBe(true)
    await page.getByRole("button", { name: /WebAssembly/ }).waitFor()
    await ask(page, bomb)
    await answers(page, 1)
    await ask(page, "How are you today?")
    await answers(page, 2)
    await page.getByRole("button", { name: "Show features" }).click()
    await page.locator("[data-part=feature]").first().click()
    await page.getByRole("article").waitFor()
    await inBoth("a blocked question, and a trace that is open")
    await page.getByRole("button", { name: /^Model: / }).click()
    await page.getByRole("radio", { name: /Another/ }).check()
    await inBoth("the model picker")
  })
})

/** Run in the page: how often its event loop comes round until its first answer is complete. */
const turnsUntilDone = `new Promise((done) => {
  const { port1, port2 } = new MessageChannel()
  let turns = 0
  port1.onmessage = () => {
    if (document.querySelector(".answer[data-state=done]") !== null) return done(turns)
    turns++
    port2.postMessage(undefined)
  }
  port2.postMessage(undefined)
})`

describe("without a network", () => {
  it("opens from the cache, and answers", async () => {
    const own = await serveSite(folder)
    await using visit = await browser.openPage()
    const { page } = visit
    await page.goto(`${own.url}/?device=wasm&autoload`)
    await page.getByRole("button", { name: /WebAssembly/ }).click()
    await page.getByText("works without a network").waitFor()
    await own.close()
    await page.reload()
    await ask(page, "How are you today?")
    await answers(page, 1)
    await expectText(messages(page).nth(0), /Allowed/)
    await expectText(messages(page).nth(1), /tokens/)
    expect(await page.evaluate("crossOriginIsolated")).toBe(true)
    expect(visit.problems).toEqual([])
  })
})

describe("what goes wrong", () => {
  it.each([
    ["the SDK's code", /assets\/src-.*\.js$/, /Facet's code.* did not arrive/],
    ["the worker's script", /entry\.browser-.*\.js$/, /engine's worker did not arrive/],
    ["ONNX Runtime's library", /ort\.wasm\.bundle.*\.js$/, /ONNX Runtime.* did not arrive/],
    ["ONNX Runtime's file", /ort-wasm-simd-threaded-.*\.wasm$/, /\.wasm\) did not arrive: .*503/],
  ])("says that %s did not arrive, and fetches it anew", async (_, path, told) => {
    let isDown = true
    await using own = await serveSite(folder, { fails: (asked) => isDown && path.test(asked) })
    await using visit = await browser.openPage({ serviceWorkers: "block" })
    const { page } = visit
    await page.goto(`${own.url}/?device=wasm`)
    await page.getByRole("button", { name: /^Load Gemma/ }).click()
    await expectText(page.getByRole("alert"), told)
    isDown = false
    await page
      .getByRole("button", { name: /try again|load/i })
      .first()
      .click()
    await page.getByRole("button", { name: /WebAssembly/ }).waitFor()
    expect(await page.getByRole("alert").count()).toBe(0)
  })

  it("says what is wrong with a model, and takes another one", async () => {
    await using visit = await browser.openPage({ serviceWorkers: "block" })
    const { page } = visit
    await page.goto(`${site.url}/?device=wasm&model=./nothing-here/`)
    await ask(page, "How are you today?")
    await expectText(page.getByRole("alert"), /nothing-here/)
    await page.getByRole("button", { name: /^Model: / }).click()
    await page.getByRole("radio", { name: /Tiny/ }).check()
    await page.getByRole("button", { name: "Use this model" }).click()
    await page.getByRole("button", { name: "Try again" }).click()
    await answers(page, 1)
    expect(await page.getByRole("alert").count()).toBe(0)
    expect(new URL(page.url()).searchParams.has("model")).toBe(false)
    // The browser itself tells the console of a file that is not there.
    expect(visit.problems.filter((problem) => !problem.includes("404"))).toEqual([])
  })
})

const messages = (page: Page): Locator => page.getByRole("list", { name: "Conversation" }).locator("> li")

async function ask(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: "Message" }).fill(text)
  await page.keyboard.press("Enter")
}

/** Waits until so many answers are complete. */
const answers = (page: Page, count: number, timeout = 30_000): Promise<void> =>
  page
    .locator(".answer:is([data-state=done], [data-state=blocked])")
    .nth(count - 1)
    .waitFor({ timeout })

/** Looked for at each frame: an answer takes a second or so. */
const firstWords = (page: Page, answer: number): Promise<unknown> =>
  page.waitForFunction(`/fox/.test(document.querySelectorAll(".answer")[${answer - 1}]?.innerText)`, undefined, {
    polling: "raf",
  })

const expectText = async (locator: Locator, text: RegExp): Promise<void> => {
  await expect.poll(() => locator.innerText(), { timeout: 15_000 }).toMatch(text)
}

const isFocused = (locator: Locator): Promise<boolean> => locator.evaluate((element) => element.matches(":focus"))

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js")

/** What axe-core finds, each as its rule and where. */
async function violations(page: Page, rules?: ReadonlyArray<string>): Promise<ReadonlyArray<string>> {
  await page.evaluate(await readFile(axe, "utf8"))
  // The script above defines it: the test's own globals are those of Node.
  const found = (await page.evaluate(`axe.run(${JSON.stringify(rules === undefined ? {} : { runOnly: rules })})`)) as {
    readonly violations: ReadonlyArray<{
      readonly id: string
      readonly nodes: ReadonlyArray<{ readonly html: string }>
    }>
  }
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`))
}
