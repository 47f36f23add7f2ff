/** Runs the real command, as a user would: in this process where nothing hangs on the process itself, which is faster. */
import { execFile, spawn } from "node:child_process"
import { Readable } from "node:stream"
import { setTimeout as pause } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { Screen, type ScreenStream } from "../src/Console.ts"
import { readText } from "../src/readText.ts"
import { runCommandLine } from "../src/runCommandLine.ts"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))

export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface Circumstances {
  readonly input?: string | Uint8Array
  readonly env?: Readonly<Record<string, string>>
}

/** Without colours of the terminal that the tests run in. */
const environment = (env: Readonly<Record<string, string>> = {}) => {
  const { FORCE_COLOR: _forced, NO_COLOR: _none, ...rest } = process.env
  return { ...rest, ...env }
}

/** Runs a command line here, as its process would: what is left open afterwards would keep the tests from ending. */
export async function facet(words: ReadonlyArray<string>, { env, input = "" }: Circumstances = {}): Promise<Outcome> {
  const [out, err] = [new Written(), new Written()]
  const { signal } = new AbortController()
  const giveBack = lend(env)
  try {
    const code = await runCommandLine(words, {
      out: new Screen(out, environment(env)),
      err: new Screen(err, environment(env)),
      signal,
      readInput: () => readText(Readable.from([Buffer.from(input)]), signal),
    })
    return { code, stdout: out.text, stderr: err.text }
  } finally {
    giveBack()
  }
}

/** What a command writes. */
class Written implements ScreenStream {
  text = ""

  write(text: string, done: () => void): boolean {
    this.text += text
    queueMicrotask(done)
    return true
  }
}

let lent = 0
let own: NodeJS.ProcessEnv = {}

/** Puts variables into the environment until all that were lent some have given them back. */
function lend(env: Circumstances["env"]): () => void {
  if (env === undefined) return () => undefined
  if (lent++ === 0) own = { ...process.env }
  Object.assign(process.env, env)
  return () => {
    if (--lent > 0) return
    for (const name of Object.keys(process.env)) if (!(name in own)) delete process.env[name]
    Object.assign(process.env, own)
  }
}

/** Runs the real command in a process of its own. */
export const facetProcess = (words: ReadonlyArray<string>, { env, input }: Circumstances = {}): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const child = execFile(process.execPath, [main, ...words], { env: environment(env) }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code
      if (typeof code === "number") resolve({ code, stdout, stderr })
      else reject(error ?? new Error("ended without an exit code"))
    })
    child.stdin?.end(input ?? "")
  })

/** Sends the signal, or closes the pipe, as soon as the first words are there. */
export const facetUntilFirstWords = (words: ReadonlyArray<string>, end: "SIGINT" | "close"): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...words], { env: environment(), stdio: ["ignore", "pipe", "pipe"] })
    let stdout = ""
    let stderr = ""
    child.stderr.on("data", (data) => (stderr += String(data)))
    child.stdout.on("data", (data) => {
      if (stdout === "" && end === "close") child.stdout.destroy()
      else if (stdout === "") child.kill("SIGINT")
      stdout += String(data)
    })
    child.on("error", reject)
    child.on("close", (code, signal) =>
      code === null ? reject(new Error(`killed by ${signal}`)) : resolve({ code, stdout, stderr }),
    )
  })

export interface Server {
  /** `http://HOST:PORT` */
  readonly url: string
  /** What stands on stderr so far. */
  readonly stderr: () => string
  readonly kill: (signal: NodeJS.Signals) => void
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>
}

/** Starts `facet serve` at a port of the system's choice, and waits until it is ready. */
export async function facetServe(words: ReadonlyArray<string> = [], env?: Circumstances["env"]): Promise<Server> {
  const line = [main, "serve", "--port", "0", "--json", ...words]
  const child = spawn(process.execPath, line, { env: environment(env), stdio: ["ignore", "pipe", "pipe"] })
  let stderr = ""
  child.stderr.on("data", (data) => (stderr += String(data)))
  const ended = new Promise<Awaited<Server["ended"]>>((resolve, reject) => {
    child.on("error", reject)
    child.on("close", (code, signal) => resolve({ code, signal }))
  })
  const ready = new Promise<string>((resolve) => child.stdout.once("data", (data) => resolve(String(data))))
  const said = await Promise.race([ready, ended.then(({ code }) => Promise.reject(new Error(`${code}: ${stderr}`)))])
  const { url } = JSON.parse(said) as { readonly url: string }
  return { url, stderr: () => stderr, kill: (signal) => void child.kill(signal), ended }
}

/** Sends the signal as soon as there is a word on stderr. */
export const facetUntilFirstProgress = (words: ReadonlyArray<string>): Promise<number | null> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [main, ...words], { env: environment(), stdio: ["ignore", "ignore", "pipe"] })
    child.stderr.once("data", () => child.kill("SIGTERM"))
    child.stderr.resume()
    child.on("close", resolve)
  })

/** Ends the command as Ctrl-C does, as soon as something is so and it had a moment to act on it. */
export async function facetEnded(
  words: ReadonlyArray<string>,
  env: Readonly<Record<string, string>>,
  isTime: () => boolean,
): Promise<number | null> {
  const child = spawn(process.execPath, [main, ...words], { env: environment(env), stdio: "ignore" })
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve))
  while (!isTime() && child.exitCode === null) await pause(20)
  await pause(500)
  child.kill("SIGINT")
  return ended
}
