/** One at a time, on one thread and on several. */
import { Worker } from "node:worker_threads"
import { assert, describe, it } from "vitest"
import { Turns } from "../../src/runtime/Turns.ts"
import { failureOf } from "../fixtures/failure.ts"

const soon = () => new Promise<void>((resolve) => setImmediate(resolve))

describe("turns", () => {
  it("are one's own until the work is done, also where it fails", async () => {
    const turns = new Turns()
    const others = new Turns(turns.buffer)
    const events: Array<string> = []
    const work = (name: string) => async () => {
      events.push(`${name} begins`)
      await soon()
      events.push(`${name} ends`)
    }
    const failing = turns.take(async () => {
      await work("a")()
      throw new Error("no room")
    })
    const [failure] = await Promise.all([failureOf(failing), others.take(work("b")), turns.take(work("c"))])
    assert.instanceOf(failure, Error)
    assert.lengthOf(events, 6)
    for (let i = 0; i < events.length; i += 2) {
      assert.strictEqual(events[i + 1], events[i]?.replace("begins", "ends"))
    }
  })

  it("are waited for across threads, without blocking the one that waits", async () => {
    const turns = new Turns()
    const script = `
      const { parentPort, workerData } = require("node:worker_threads")
      const state = new Int32Array(workerData)
      Atomics.store(state, 0, 1)
      parentPort.postMessage("taken")
      parentPort.once("message", () => {
        parentPort.postMessage("given back")
        Atomics.store(state, 0, 0)
        Atomics.notify(state, 0, 1)
      })`
    const worker = new Worker(script, { eval: true, workerData: turns.buffer })
    const events: Array<string> = []
    await new Promise<void>((resolve) => worker.once("message", () => resolve()))
    worker.on("message", (text: string) => events.push(text))
    const taken = turns.take(async () => void events.push("mine"))
    await soon()
    assert.deepStrictEqual(events, [])
    worker.postMessage("go on")
    await taken
    await worker.terminate()
    assert.include(events, "mine")
  })
})
