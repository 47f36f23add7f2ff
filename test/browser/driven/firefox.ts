/** Firefox, by WebDriver BiDi, which it speaks itself: https://www.w3.org/TR/webdriver-bidi/ */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import type { BrowserSource, DrivenBrowser } from "./DrivenBrowser.ts"
import { findCommand } from "./findCommand.ts"

const find = () => findCommand("firefox", "firefox-esr", "/Applications/Firefox.app/Contents/MacOS/firefox")

export const firefox: BrowserSource = {
  name: "Firefox",
  missing: async () =>
    (await find()) === undefined ? "no firefox on the PATH (on Debian: apt-get install firefox-esr)" : undefined,
  start,
}

async function start(): Promise<DrivenBrowser> {
  const profile = await mkdtemp(join(tmpdir(), "facet-firefox-"))
  const args = ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"]
  const child = spawn((await find()) ?? "firefox", args, { stdio: ["ignore", "ignore", "pipe"] })
  const end = async () => {
    if (child.exitCode === null && child.kill()) await once(child, "exit")
    // What it was writing when it was told to end may still come.
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    const session = await Session.open(await addressOf(child.stderr))
    return await driven(session, end)
  } catch (error) {
    await end()
    throw error
  }
}

async function addressOf(stderr: NodeJS.ReadableStream): Promise<string> {
  const printed: Array<string> = []
  for await (const line of createInterface({ input: stderr })) {
    printed.push(line)
    const address = /WebDriver BiDi listening on (ws:\S+)/.exec(line)?.[1]
    if (address === undefined) continue
    // A pipe that nobody reads fills up, and its writer waits.
    stderr.resume()
    return address
  }
  throw new Error(`Firefox ended:\n${printed.join("\n")}`)
}

async function driven(session: Session, end: () => Promise<void>): Promise<DrivenBrowser> {
  const { capabilities } = await session.send<{ capabilities: { browserVersion: string } }>("session.new", {
    capabilities: {},
  })
  const { contexts } = await session.send<{ contexts: ReadonlyArray<{ context: string }> }>(
    "browsingContext.getTree",
    {},
  )
  const context = contexts[0]?.context
  return {
    name: `Firefox ${capabilities.browserVersion}`,
    open: async (url) => void (await session.send("browsingContext.navigate", { context, url, wait: "complete" })),
    evaluate: async (expression) => {
      const { exceptionDetails, result } = await session.send<Evaluation>("script.evaluate", {
        expression: `(async () => JSON.stringify(await (${expression})))()`,
        target: { context },
        awaitPromise: true,
      })
      if (exceptionDetails !== undefined) throw new Error(`${exceptionDetails.text} in ${expression}`)
      return result?.value === undefined ? undefined : JSON.parse(result.value)
    },
    [Symbol.asyncDispose]: async () => {
      session.close()
      await end()
    },
  }
}

interface Evaluation {
  readonly result?: { readonly value?: string }
  readonly exceptionDetails?: { readonly text: string }
}

interface Reply {
  readonly id?: number
  readonly result?: unknown
  readonly error?: string
  readonly message?: string
}

/** Commands over one connection, each with its answer. */
class Session {
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  #last = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener("message", ({ data }) => this.#answer(JSON.parse(String(data)) as Reply))
    socket.addEventListener("close", () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("Firefox closed the connection"))
    })
  }

  static async open(address: string): Promise<Session> {
    const socket = new WebSocket(`${address}/session`)
    await once(socket, "open")
    return new Session(socket)
  }

  /** The caller says what the protocol answers to a command of its. */
  send<A>(method: string, params: object): Promise<A> {
    const id = ++this.#last
    const answer = Promise.withResolvers<unknown>()
    this.#waiting.set(id, answer)
    this.#socket.send(JSON.stringify({ id, method, params }))
    return answer.promise as Promise<A>
  }

  close(): void {
    this.#socket.close()
  }

  #answer({ error, id = -1, message, result }: Reply): void {
    const answer = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) answer?.resolve(result)
    else answer?.reject(new Error(`${error}: ${message}`))
  }
}
