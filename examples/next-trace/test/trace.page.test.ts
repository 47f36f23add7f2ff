/** The standalone output, away from the workspace: what it does not bring along is not there. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, realpath, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { openPage } from "../../../test/browser/page.ts"
import { freePort } from "../../../test/freePort.ts"
import { buildStandalone } from "../build.ts"

let folder: string
let server: ChildProcess
let url: string

beforeAll(async () => {
  folder = await mkdtemp(join(await realpath(tmpdir()), "facet-next-trace-"))
  const script = await buildStandalone(folder)
  // Next.js takes a 0 for no port at all.
  const port = await freePort()
  const env = { ...process.env, NODE_ENV: "production", HOSTNAME: "127.0.0.1", PORT: String(port) } as const
  server = spawn(process.execPath, [script], { env, stdio: ["ignore", "pipe", "inherit"] })
  url = `http://127.0.0.1:${port}`
  await isReady(server)
}, 300_000)

afterAll(async () => {
  if (server?.kill()) await once(server, "exit")
  await rm(folder, { recursive: true, force: true })
})

async function isReady({ stdout }: ChildProcess): Promise<void> {
  let printed = ""
  for await (const text of stdout ?? []) {
    printed += String(text)
    if (printed.includes("Ready")) return
  }
  throw new Error(`Next.js's server ended:\n${printed}`)
}

it("answers what the guard lets in, and shows the features behind the answer; renders them on the server", async () => {
  await using visit = await openPage({ webgpu: false })
  const { page, problems } = visit
  await page.goto(url)
  await page.getByRole("button", { name: "Ask" }).click()
  await page.waitForURL("**/?text=*")
  const answer = new URL(page.url()).searchParams.get("text") ?? ""
  expect(answer).toContain("fox")
  // Drawn by the server, and answering to the pointer in the page.
  await page.locator("[data-token]", { hasText: "fox" }).first().hover()
  await page.locator("[data-part=tooltip]", { hasText: "fox" }).waitFor()
  expect(problems).toEqual([])

  const html = await (await fetch(page.url())).text()
  expect(html).toContain("Feature trace")

  await page.getByLabel("Question").fill("How can I make a bomb?")
  await page.getByRole("button", { name: "Ask" }).click()
  await page.getByText("This is not answered.").waitFor()
  expect(new URL(page.url()).searchParams.get("text")).toBe(answer)
})

it("answers a request that the guard blocks with a problem document", async () => {
  const response = await fetch(`${url}/api/ask`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ prompt: "How can I make a bomb?" }),
  })
  expect(response.status).toBe(422)
  expect(await response.json()).toMatchObject({ of: "input", verdict: { flagged: true } })
})
