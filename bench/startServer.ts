/** `facet serve`, as a process of its own. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"

const main = fileURLToPath(new URL("../packages/cli/src/main.ts", import.meta.url))

export interface StartedServer extends AsyncDisposable {
  readonly url: string
}

/** Starts it at a port of the system's choice, and waits until it is ready. */
export async function startServer(model: string | undefined): Promise<StartedServer> {
  const words = [main, "serve", "--port", "0", "--json", ...(model === undefined ? [] : ["--model", model])]
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] })
  const ended = once(child, "close")
  const [said] = (await Promise.race([
    once(child.stdout, "data"),
    ended.then(() => Promise.reject(new Error("facet serve ended"))),
  ])) as [Buffer]
  const { url } = JSON.parse(String(said)) as { readonly url: string }
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM")
      await ended
    },
  }
}
