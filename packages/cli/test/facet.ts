/** Runs the real command, as a user would. */
import { execFile, spawn } from "node:child_process"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))

export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface Circumstances {
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Without colours of the terminal that the tests run in; compiled once for all runs. */
const environment = (env: Readonly<Record<string, string>> = {}) => {
  const { FORCE_COLOR: _forced, NO_COLOR: _none, ...rest } = process.env
  return { ...rest, NODE_COMPILE_CACHE: join(tmpdir(), "facet-compiled"), ...env }
}

export const facet = (words: ReadonlyArray<string>, { env, input }: Circumstances = {}): Promise<Outcome> =>
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
