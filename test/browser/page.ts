/** A page in Chromium, driven from a test on Node: for what a bundler built, and for several tabs. */
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from "playwright-core"
import { launchOptions, type LaunchOptions } from "./chromium.ts"

export interface OpenPageOptions extends LaunchOptions {
  /** What Playwright's context takes: viewport, colour scheme, reduced motion. */
  readonly context?: BrowserContextOptions
}

export interface OpenedBrowser extends AsyncDisposable {
  /** Opens a page of a visitor with an empty profile, which ends with it. */
  readonly openPage: (context?: BrowserContextOptions) => Promise<OpenedPage>
}

export interface OpenedPage extends AsyncDisposable {
  readonly page: Page
  /** More tabs of the same visitor: `context.newPage()`. */
  readonly context: BrowserContext
  readonly browser: Browser
  /** Errors on the console and exceptions that nobody caught, in order: what a test expects to stay empty. */
  readonly problems: ReadonlyArray<string>
}

/**
 * Launches Chromium for several visitors, one after the other or at once: a launch takes longer than most visits.
 *
 * @throws Error that says what to do, where no Chromium runs.
 *
 * @example
 * await using browser = await openBrowser({ webgpu: false })
 * await using opened = await browser.openPage()
 */
export async function openBrowser(launch: LaunchOptions = {}): Promise<OpenedBrowser> {
  const browser = await chromium.launch(await launchOptions(launch))
  return {
    openPage: (options) => visit(browser, options),
    [Symbol.asyncDispose]: () => browser.close(),
  }
}

/**
 * Launches Chromium with one page, of a visitor with an empty profile. Each call is a browser of its own.
 *
 * @throws Error that says what to do, where no Chromium runs.
 *
 * @example
 * await using site = await serveSite(folder)
 * await using opened = await openPage()
 * await opened.page.goto(`${site.url}/`)
 */
export async function openPage({ context: contextOptions, ...launch }: OpenPageOptions = {}): Promise<OpenedPage> {
  const browser = await chromium.launch(await launchOptions(launch))
  try {
    return { ...(await visit(browser, contextOptions)), [Symbol.asyncDispose]: () => browser.close() }
  } catch (error) {
    await browser.close()
    throw error
  }
}

async function visit(browser: Browser, options?: BrowserContextOptions): Promise<OpenedPage> {
  const context = await browser.newContext(options)
  const problems: Array<string> = []
  context.on("console", (message) => {
    if (message.type() === "error") problems.push(`console: ${message.text()}`)
  })
  context.on("weberror", (webError) => problems.push(`uncaught: ${String(webError.error())}`))
  const page = await context.newPage()
  return { page, context, browser, problems, [Symbol.asyncDispose]: () => context.close() }
}
