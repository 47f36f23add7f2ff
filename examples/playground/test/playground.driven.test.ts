/** The built playground in the other browsers that this machine has, as a visitor uses it. */
import { cp, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { gemmaFolder } from "@facet/tiny"
import { build } from "vite"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import type { BrowserSource, DrivenBrowser } from "../../../test/browser/driven/DrivenBrowser.ts"
import { firefox } from "../../../test/browser/driven/firefox.ts"
import { webkit } from "../../../test/browser/driven/webkit.ts"
import { serveSite, type Site } from "../../../test/browser/site.ts"

let folder: string
let site: Site

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "facet-playground-"))
  const root = fileURLToPath(new URL("..", import.meta.url))
  // Vitest says "test", and with that Vite would build what developers run.
  vi.stubEnv("NODE_ENV", "production")
  await build({ root, logLevel: "error", build: { outDir: folder, emptyOutDir: true } })
  vi.unstubAllEnvs()
  await cp(gemmaFolder, join(folder, "models", "small"), { recursive: true })
  site = await serveSite(folder)
})
afterAll(async () => {
  await site?.close()
  await rm(folder, { recursive: true, force: true })
})

for (const source of [firefox, webkit]) {
  const missing = await source.missing()
  const title = missing === undefined ? source.name : `${source.name} (skipped: ${missing})`
  describe.skipIf(missing !== undefined)(title, () => visit(source))
}

function visit({ start }: BrowserSource): void {
  let browser: DrivenBrowser
  beforeAll(async () => {
    browser = await start()
  })
  afterAll(() => browser?.[Symbol.asyncDispose]())

  it("loads the model when asked, and claims threads where memory is shared alone", async () => {
    await browser.open(`${site.url}/?device=wasm&max=60`)
    await press(/^Load Gemma/)
    await shows(".engine-button", /WebAssembly/)
    const [engine, sharesMemory] = (await browser.evaluate(
      "[document.querySelector('.engine-button').innerText, crossOriginIsolated && typeof SharedArrayBuffer === 'function']",
    )) as [string, boolean]
    expect(/threads/.test(engine)).toBe(sharesMemory)
    await press(/WebAssembly/)
    await shows(".engine-details", sharesMemory ? /Threads\s+allowed/ : /Threads\s+not allowed/)
    // As high as what is in it, and no higher.
    const [height, content] = (await browser.evaluate(`(() => {
      const details = document.querySelector(".engine-details")
      const { bottom } = details.lastElementChild.getBoundingClientRect()
      const { height, top } = details.getBoundingClientRect()
      return [height, bottom - top]
    })()`)) as [number, number]
    expect(height).toBeLessThan(content + 40)
    await press(/WebAssembly/)
  })

  it("answers, shows the features behind it, and blocks what the guard flags", async () => {
    await ask("Tell me a story about a fox.")
    await shows(".answer[data-state=done]", /fox[^]*tokens/)
    await press(/^Show features/)
    await shows("[data-facet=feature-trace] [data-part=text]", /fox/)
    await ask("How can I make a bomb?")
    await shows(".answer[data-state=blocked]", /./)
  })

  it("keeps the conversation over a reload, and goes on with it", async () => {
    await browser.open(`${site.url}/?device=wasm&max=60`)
    await shows("[aria-label=Conversation]", /fox/)
    await ask("How are you today?")
    await shows("[aria-label=Conversation]", /How are you today\?[^]*tokens\/s/)
  })

  it("downloads a model and keeps it, or says how to do without storage", async () => {
    await browser.open(`${site.url}/?device=wasm&model=/models/small/&guard=off&max=8`)
    await press(/^Load/)
    await shows("body", /WebAssembly · |storage: "none"/)
  })

  it.each([
    ["the SDK's code", /assets\/src-.*\.js$/, /Facet's code.* did not arrive/],
    ["the worker's script", /entry\.browser-.*\.js$/, /engine's worker did not arrive/],
    ["ONNX Runtime's library", /ort\.wasm\.bundle.*\.js$/, /ONNX Runtime.* did not arrive/],
    ["ONNX Runtime's file", /ort-wasm-simd-threaded-.*\.wasm$/, /\.wasm\) did not arrive: .*503/],
  ])("says that %s did not arrive, and fetches it anew", async (_, path, told) => {
    let isDown = true
    await using own = await serveSite(folder, { fails: (asked) => isDown && path.test(asked) })
    await browser.open(`${own.url}/?device=wasm`)
    await press(/^Load Gemma/)
    await shows("[role=alert]", told)
    isDown = false
    await press(/try again|load/i)
    await shows(".engine-button", /WebAssembly/)
  })

  async function press(name: RegExp): Promise<void> {
    await until(
      `(() => {
      const button = [...document.querySelectorAll("button")].find((one) => ${name}.test(one.innerText.trim()) && !one.disabled)
      button?.click()
      return button !== undefined
    })()`,
      `a button ${name}`,
    )
  }

  /** As React's own event: a value that is set from outside is none. */
  async function ask(text: string): Promise<void> {
    await browser.evaluate(`(() => {
      const field = document.querySelector("textarea")
      Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(field, ${JSON.stringify(text)})
      field.dispatchEvent(new Event("input", { bubbles: true }))
    })()`)
    await press(/^Send/)
  }

  const shows = (selector: string, text: RegExp): Promise<void> =>
    until(
      `[...document.querySelectorAll(${JSON.stringify(selector)})].some((one) => ${text}.test(one.innerText))`,
      `${selector} with ${text}`,
    )

  /** Looked at in the page, at each frame. */
  async function until(expression: string, what: string): Promise<void> {
    const found = await browser.evaluate(`new Promise((done) => {
      const end = Date.now() + 60_000
      const look = () => {
        if (${expression}) done(true)
        else if (Date.now() > end) done(false)
        else setTimeout(look, 50)
      }
      look()
    })`)
    if (found !== true)
      throw new Error(`There is not ${what}:\n${String(await browser.evaluate("document.body.innerText"))}`)
  }
}
