/** WebKitGTK's MiniBrowser, by WebDriver: https://www.w3.org/TR/webdriver2/ */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { globSync } from "node:fs"
import { freePort } from "../../freePort.ts"
import type { BrowserSource, DrivenBrowser } from "./DrivenBrowser.ts"
import { findCommand } from "./findCommand.ts"

async function find(): Promise<{ readonly driver?: string; readonly browser?: string; readonly screen?: string }> {
  const places = globSync("/usr/{lib,lib64,libexec}/{,*/}webkit2gtk-4.*/MiniBrowser")
  const [driver, browser, screen] = [
    await findCommand("WebKitWebDriver"),
    await findCommand("MiniBrowser", ...places),
    await findCommand("Xvfb"),
  ]
  return {
    ...(driver !== undefined && { driver }),
    ...(browser !== undefined && { browser }),
    ...(screen !== undefined && { screen }),
  }
}

const hasScreen = (): boolean => Boolean(process.env["DISPLAY"] ?? process.env["WAYLAND_DISPLAY"])

export const webkit: BrowserSource = {
  name: "WebKit",
  missing: async () => {
    const { browser, driver, screen } = await find()
    const lacks = [
      ...(driver === undefined ? ["no WebKitWebDriver"] : []),
      ...(browser === undefined ? ["no MiniBrowser of WebKitGTK"] : []),
      ...(screen === undefined && !hasScreen() ? ["no screen, and no Xvfb for one"] : []),
    ]
    return lacks.length === 0
      ? undefined
      : `${lacks.join(", ")} (on Debian: apt-get install webkit2gtk-driver libwebkit2gtk-4.1-0 xvfb)`
  },
  start,
}

async function start(): Promise<DrivenBrowser> {
  const { browser = "", driver = "", screen = "" } = await find()
  const children: Array<ChildProcess> = []
  const end = async () => {
    for (const child of children.toReversed()) {
      if (child.exitCode === null && child.kill()) await once(child, "exit")
    }
  }
  try {
    const display = hasScreen() ? {} : { DISPLAY: await screenOf(screen, children) }
    const port = await freePort()
    children.push(spawn(driver, [`--port=${port}`], { env: { ...process.env, ...display }, stdio: "ignore" }))
    return await driven(`http://127.0.0.1:${port}`, browser, end)
  } catch (error) {
    await end()
    throw error
  }
}

/** A screen that nobody sees: its number comes over the fourth of its files. */
async function screenOf(command: string, children: Array<ChildProcess>): Promise<string> {
  const args = ["-displayfd", "3", "-screen", "0", "1280x900x24", "-nolisten", "tcp"]
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "ignore", "pipe"] })
  children.push(child)
  for await (const number of child.stdio[3] as NodeJS.ReadableStream) return `:${String(number).trim()}`
  throw new Error("Xvfb ended")
}

async function driven(driver: string, binary: string, end: () => Promise<void>): Promise<DrivenBrowser> {
  await answers(driver)
  const { capabilities, sessionId } = await command<NewSession>(`${driver}/session`, {
    capabilities: { alwaysMatch: { "webkitgtk:browserOptions": { binary, args: ["--automation"] } } },
  })
  const session = `${driver}/session/${sessionId}`
  await command(`${session}/timeouts`, { script: 120_000, pageLoad: 60_000 })
  return {
    name: `WebKit ${capabilities.browserVersion}`,
    open: async (url) => void (await command(`${session}/url`, { url })),
    evaluate: async (expression) => {
      const script = `const done = arguments[arguments.length - 1];
        (async () => JSON.stringify(await (${expression})))().then((value) => done({ value }), (error) => done({ error: String(error) }))`
      const { error, value } = await command<Outcome>(`${session}/execute/async`, { script, args: [] })
      if (error !== undefined) throw new Error(`${error} in ${expression}`)
      return value === undefined || value === null ? undefined : JSON.parse(value)
    },
    [Symbol.asyncDispose]: async () => {
      await fetch(session, { method: "DELETE" }).catch(() => undefined)
      await end()
    },
  }
}

interface NewSession {
  readonly sessionId: string
  readonly capabilities: { readonly browserVersion: string }
}

interface Outcome {
  readonly value?: string | null
  readonly error?: string
}

/** It listens a little after it was started. */
async function answers(driver: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await fetch(`${driver}/status`)
      return
    } catch (error) {
      if (tries === 100) throw error
      await new Promise((done) => setTimeout(done, 100))
    }
  }
}

/** The caller says what the protocol answers to a command of its. */
async function command<A>(url: string, body: object): Promise<A> {
  const response = await fetch(url, { method: "POST", body: JSON.stringify(body) })
  const { value } = (await response.json()) as { readonly value: unknown }
  if (!response.ok) throw new Error(`${url}: ${JSON.stringify(value)}`)
  return value as A
}
