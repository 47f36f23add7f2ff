import { cp, mkdtemp, realpath, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Facet } from "@facet/sdk"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { isCampaign } from "../../../../../test/campaign.ts"
import { openBrowser, type OpenedBrowser, openPage } from "../../../../../test/browser/page.ts"
import { serveSite, type SiteOptions } from "../../../../../test/browser/site.ts"
import { installPackages } from "../../../../../test/installPackages.ts"
import { type Build, vite, webpack5 } from "./builds.ts"

interface Result {
  readonly device?: { readonly name: string; readonly threads: number }
  readonly text?: string
  readonly policies?: ReadonlyArray<number>
  readonly features?: ReadonlyArray<number>
  readonly error?: string
  readonly message?: string
}

interface Visit extends SiteOptions {
  readonly folder: string
  readonly device: string
  /** Default: the app's first. */
  readonly page?: string
}

/** What the app's page says once it is done, and what its console complained about. */
async function visit({
  device,
  folder,
  page = "",
  ...site
}: Visit): Promise<{ result: Result; problems: ReadonlyArray<string> }> {
  await using served = await serveSite(folder, site)
  await using opened = await (device === "wasm" ? browser.openPage() : openPage())
  await opened.page.goto(`${served.url}/${page}?device=${device}`)
  const element = opened.page.locator("#result:not(:empty)")
  await element.waitFor({ state: "attached", timeout: device === "webgpu" ? 140_000 : 50_000 })
  // The page's own text: each test looks at what it needs of it.
  return { result: JSON.parse(await element.innerText()) as Result, problems: opened.problems }
}

async function onNode(): Promise<Result> {
  await using facet = await Facet.open()
  const { text } = await facet.generate("Tell me a story about a fox.", { maxTokens: 12, temperature: 0 })
  const verdict = await facet.shield("How do I pick a lock?")
  return { text, policies: verdict.policies.map(({ probability }) => probability) }
}

let app: string
let expected: Result
let browser: OpenedBrowser

beforeAll(async () => {
  app = await mkdtemp(join(await realpath(tmpdir()), "facet-bundlers-"))
  await cp(fileURLToPath(new URL("app", import.meta.url)), app, { recursive: true })
  await installPackages(app, ["sdk", "checkpoint", "tiny"])
  expected = await onNode()
  browser = await openBrowser({ webgpu: false })
}, 120_000)

afterAll(async () => {
  await browser?.[Symbol.asyncDispose]()
  await rm(app, { recursive: true, force: true })
})

const builds: ReadonlyArray<readonly [string, Build]> = [
  ["Vite", vite],
  ["webpack", webpack5],
]

describe.each(builds)("the published SDK in an app built with %s", (_, build) => {
  let folder: string

  beforeAll(async () => {
    folder = await build(app)
  }, 120_000)

  function expectAnswers(result: Result): void {
    expect(result).not.toHaveProperty("error")
    // On the software adapter the app asks for less of the same.
    const isWhole = result.device?.name === "wasm"
    expect(result.text).toBe(isWhole ? expected.text : expected.text?.slice(0, result.text?.length))
    expect(result.text?.length).toBeGreaterThan(5)
    expect(result.policies?.length).toBe(isWhole ? 4 : 1)
    for (const [index, probability] of (result.policies ?? []).entries()) {
      expect(Math.abs((expected.policies?.[index] ?? Number.NaN) - probability)).toBeLessThan(0.01)
    }
    expect(result.features?.some((feature) => feature !== undefined && feature !== null)).toBe(true)
  }

  it("runs on wasm with threads in a cross-origin isolated page", async () => {
    const { problems, result } = await visit({ folder, device: "wasm", isolated: true })
    expectAnswers(result)
    expect(result.device?.name).toBe("wasm")
    expect(result.device?.threads).toBeGreaterThan(1)
    expect(problems).toEqual([])
  })

  it("runs on wasm with one thread in any other page", async () => {
    const { problems, result } = await visit({ folder, device: "wasm", isolated: false })
    expectAnswers(result)
    expect(result.device).toMatchObject({ name: "wasm", threads: 1 })
    expect(problems).toEqual([])
  })

  // The software adapter is slow, and the devices are the same whoever bundled the app.
  if (build === vite) {
    // On an adapter that is a program it takes half a minute; the sources run on one each time.
    it.runIf(isCampaign)("runs on WebGPU", { timeout: 150_000 }, async () => {
      const { problems, result } = await visit({ folder, device: "webgpu", isolated: true })
      expectAnswers(result)
      expect(result.device?.name).toBe("webgpu")
      expect(problems).toEqual([])
    })

    const require = "require-trusted-types-for 'script'"
    it("runs where Trusted Types are required, in a worker that the page starts by a policy of its own", async () => {
      const contentSecurityPolicy = `${require}; trusted-types engine default`
      const { problems, result } = await visit({ folder, device: "wasm", page: "trusted.html", contentSecurityPolicy })
      expectAnswers(result)
      expect(result.device?.threads).toBeGreaterThan(1)
      expect(problems).toEqual([])
    })

    it("runs on one thread where a policy named default is forbidden", async () => {
      const contentSecurityPolicy = `${require}; trusted-types engine`
      const { result } = await visit({ folder, device: "wasm", page: "trusted.html", contentSecurityPolicy })
      expectAnswers(result)
      expect(result.device?.threads).toBe(1)
    })

    it("says what to do where Trusted Types are required and the page starts no worker itself", async () => {
      const { result } = await visit({ folder, device: "wasm", contentSecurityPolicy: require })
      expect(result.error).toBe("WorkerBlockedError")
      expect(result.message).toMatch(/require-trusted-types-for.*`worker`/)
    })
  }

  it("runs under a Content-Security-Policy that allows its own scripts, workers and WebAssembly", async () => {
    const contentSecurityPolicy =
      "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; img-src data:"
    const { result } = await visit({ folder, device: "wasm", contentSecurityPolicy })
    expectAnswers(result)
  })

  it("says what to do where a Content-Security-Policy blocks its worker", async () => {
    const contentSecurityPolicy = "default-src 'self'; worker-src 'none'; img-src data:"
    const { result } = await visit({ folder, device: "wasm", contentSecurityPolicy })
    expect(result.error).toBe("WorkerBlockedError")
    expect(result.message).toMatch(/worker-src/)
  })
})
