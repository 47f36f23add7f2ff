import { fork } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest"
import { HttpServer } from "../../../src/serve/HttpServer.ts"
import { Fleet } from "../../../src/serve/fleet/Fleet.ts"
import { Forwarder } from "../../../src/serve/fleet/Forwarder.ts"

const standIn = fileURLToPath(new URL("fixtures/standInWorker.ts", import.meta.url))

/** Processes begin and end when the machine has time for them. */
const soon = { timeout: 15_000, interval: 5 }

let folder = ""
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "facet-fleet-"))
})
afterAll(() => rm(folder, { recursive: true }))

let fleets = 0

/** A fleet of stand-ins behind a port. */
async function open(size: number, kindOf: (id: number) => string = () => "any", openWithinMs = 60_000) {
  const number = fleets++
  let started = 0
  const told: Array<string> = []
  const fleet = new Fleet({
    size,
    graceMs: 2000,
    openWithinMs,
    slack: 2,
    start: (path) => fork(standIn, [path, kindOf(++started)], { detached: true }),
    pathFor: (id) => join(folder, `${number}-${id}`),
    tell: (line) => told.push(line),
  })
  const forwarder = new Forwarder({ fleet, maxBodyBytes: 2000, refusal: () => undefined })
  const none = { running: new Set(), follow: () => undefined }
  const server = new HttpServer((request, response) => forwarder.forward(request, response), none)
  const place = await server.listen({ port: 0, host: "127.0.0.1" })
  const url = typeof place === "string" ? place : `http://127.0.0.1:${place.port}/v1/chat/completions`
  const opened = fleet.open()
  return {
    fleet,
    opened,
    told,
    ask: (...said: ReadonlyArray<string>) =>
      fetch(url, {
        method: "POST",
        headers: { "x-facet-peer": "somebody else's" },
        body: JSON.stringify({ messages: said.map((content) => ({ role: "user", content })) }),
      }),
    async [Symbol.asyncDispose]() {
      await fleet.close(0)
      await server.close()
    },
  }
}

type Opened = Awaited<ReturnType<typeof open>>

const whoAnswers = async ({ ask }: Opened, ...said: ReadonlyArray<string>): Promise<number> => {
  const { pid } = (await (await ask(...said)).json()) as { readonly pid: number }
  return pid
}

const figure = async ({ fleet }: Opened, name: string): Promise<number> =>
  Number(new RegExp(`^${name.replaceAll(/[{}"]/g, String.raw`\$&`)} (.*)$`, "m").exec(await fleet.figures())?.[1])

describe("a fleet", () => {
  test("has a conversation stay where it began, and others go to whoever has less to do", async () => {
    await using two = await open(2)
    await two.opened
    const waiting = whoAnswers(two, "A long story.", "wait")
    await vi.waitFor(() => expect(two.fleet.ready.some(({ running }) => running === 1)).toBe(true), soon)
    const other = await whoAnswers(two, "Another story.")
    const first = await waiting
    expect(other).not.toBe(first)
    expect(await whoAnswers(two, "A long story.", "wait", "And then?")).toBe(first)
    expect(await whoAnswers(two, "Another story.", "And then?", "And then?")).toBe(other)
    expect(await figure(two, 'facet_routed_total{by="prefix"}')).toBe(2)
    // Of both workers; what each has of its own stays apart.
    expect(await figure(two, "asked")).toBe(4)
    expect(await figure(two, 'memory{worker="2"}')).toBe(5)
    // Who asks is what the connection says, not what the client does; a large request comes cut, and so is refused.
    const large = await (await two.ask("x".repeat(5000))).json()
    expect(large).toMatchObject({ peer: "127.0.0.1", bytes: 2001 })
    // One that ends whoever runs it is no stale connection, which would be tried with all.
    const lost = await two.ask("crash")
    expect([lost.status, await lost.json()]).toMatchObject([503, { error: { code: "worker_lost" } }])
  })

  test("gives a request to another worker when one ends before it answers, and begins that one anew", async () => {
    await using two = await open(2, (id) => (id === 1 ? "first" : "any"))
    await two.opened
    expect((await two.ask("crash the first")).status).toBe(200)
    await vi.waitFor(() => expect(two.fleet.ready.length).toBe(2), soon)
    expect(two.told).toStrictEqual(["A worker ended (exit code 7). Another one takes its place."])
    expect(await figure(two, "facet_retried_total")).toBe(1)
    expect(await figure(two, 'facet_workers_replaced_total{why="crash"}')).toBe(1)
    // One that ends whoever runs it is not tried with all.
    const lost = await two.ask("crash")
    expect([lost.status, await lost.json()]).toMatchObject([503, { error: { code: "worker_lost" } }])
    // Nobody is there for a moment: that is said, and not waited for.
    const none = await two.ask("Hello")
    expect([none.status, none.headers.get("retry-after")]).toStrictEqual([503, "1"])
    await vi.waitFor(async () => expect((await two.ask("Hello")).status).toBe(200), soon)
  })

  test("an answer that was cut does not look whole", async () => {
    await using one = await open(1)
    await one.opened
    const answer = await one.ask("half")
    expect(answer.status).toBe(200)
    await expect(answer.text()).rejects.toThrow()
    await vi.waitFor(async () => expect(await figure(one, "facet_answers_cut_total")).toBe(1), soon)
  })

  test("is replaced worker by worker without losing a request, and without forgetting what was counted", async () => {
    await using one = await open(1)
    await one.opened
    const [old] = one.fleet.ready
    const before = await whoAnswers(one, "Hello")
    const under = whoAnswers(one, "wait")
    await vi.waitFor(() => expect(old?.running).toBe(1), soon)
    await one.fleet.reload()
    expect(await under).toBe(before)
    expect(await whoAnswers(one, "Hello")).not.toBe(before)
    expect(old?.state).toBe("ended")
    expect(await figure(one, "asked")).toBe(3)
    expect(await figure(one, 'facet_workers_replaced_total{why="reload"}')).toBe(1)
    // One that takes too much memory goes before the next one comes.
    one.fleet.ready[0]?.whenFull()
    await vi.waitFor(async () => expect(await figure(one, 'facet_workers_replaced_total{why="memory"}')).toBe(1), soon)
    await vi.waitFor(() => expect(one.fleet.ready.length).toBe(1), soon)
    expect(await figure(one, "asked")).toBe(3)
  })

  test("keeps the old workers where new ones cannot be started, and says so where none could", async () => {
    await using one = await open(1, (id) => (id === 1 ? "any" : "broken"))
    await one.opened
    const before = await whoAnswers(one, "Hello")
    await one.fleet.reload()
    expect(await whoAnswers(one, "Hello")).toBe(before)
    expect(one.told).toStrictEqual(["A new worker could not be started: exit code 3. The old ones stay."])
    await using none = await open(1, () => "broken")
    await expect(none.opened).rejects.toThrow("a worker ended before it was ready (exit code 3)")
  })
  test("ends a new worker that hangs as it opens: who waits for a turn gets it, and nothing is left at the end", async () => {
    const kinds = ["any", "hung", "broken"]
    // The first one says how long opening takes here.
    await using one = await open(1, () => kinds.shift() ?? "any", 1)
    await one.opened
    const before = await whoAnswers(one, "Hello")
    const hung = one.fleet.reload()
    one.fleet.ready[0]?.whenFull()
    expect(await whoAnswers(one, "Hello")).toBe(before)
    await hung
    await vi.waitFor(() => expect(one.fleet.ready.map(({ pid }) => pid === before)).toStrictEqual([false]), soon)
    expect(one.told.slice(0, 3).map((line) => line.replace(/\d+ s/, "N s"))).toStrictEqual([
      "A new worker could not be started: it had not opened within N s. The old ones stay.",
      "A worker takes more memory than --max-memory allows. Another one takes its place.",
      "A worker could not be started: exit code 3. It is tried again.",
    ])
    const told = one.told.length
    kinds.push("hung")
    const last = one.fleet.reload()
    await vi.waitFor(() => expect(kinds).toStrictEqual([]), soon)
    await one.fleet.close(0)
    await last
    expect(one.told).toHaveLength(told)
  })
})
