import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises"
import { hostname, tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { afterEach, assert, beforeEach, describe, it, vi } from "vitest"
import { withLock } from "../../../src/files/disk/withLock.node.ts"
import { failureOf } from "../../fixtures/failure.ts"

let folder: string
let lock: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "facet-lock-"))
  lock = join(folder, "below", "a.lock")
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const hold = async (holder: object, ageMs = 0) => {
  await withLock(lock, {}, async () => {})
  await writeFile(lock, JSON.stringify(holder))
  const then = new Date(Date.now() - ageMs)
  await utimes(lock, then, then)
}

/** The number of a process that has ended. */
const nobody = 2 ** 22 - 1

describe("a lock", () => {
  it("lets one in at a time, and leaves nothing behind", async () => {
    let inside = 0
    const most = vi.fn()
    const waited = vi.fn()
    await Promise.all(
      Array.from({ length: 5 }, () =>
        withLock(lock, { onWait: waited }, async () => {
          most(++inside)
          await pause(5)
          inside--
        }),
      ),
    )
    assert.deepEqual(
      most.mock.calls,
      Array.from({ length: 5 }, () => [1]),
    )
    assert.lengthOf(waited.mock.calls, 4)
    assert.deepEqual(await readdir(join(folder, "below")), [])
  })

  it("is given back when the work fails", async () => {
    assert.strictEqual(
      await failureOf(withLock(lock, {}, () => Promise.reject(new Error("work")))).then(String),
      "Error: work",
    )
    assert.strictEqual(await withLock(lock, {}, async () => 1), 1)
  })

  it("of a process that died is taken over, by one of those who wait", async () => {
    await hold({ pid: nobody, host: hostname(), id: "x" })
    let inside = 0
    await Promise.all(
      Array.from({ length: 4 }, () =>
        withLock(lock, {}, async () => {
          assert.strictEqual(++inside, 1)
          await pause(5)
          inside--
        }),
      ),
    )
  })

  it("of another machine is taken over when it gives no sign", async () => {
    await hold({ pid: 1, host: "elsewhere", id: "x" }, 2000)
    assert.strictEqual(await withLock(lock, { silentMs: 1000 }, async () => 1), 1)
  })

  it.each([
    ["on this machine", () => ({ pid: process.pid, host: hostname(), id: "x" })],
    ["on another machine", () => ({ pid: nobody, host: "elsewhere", id: "x" })],
  ])("of one who is at work %s is waited for, until an abort", async (_, holder) => {
    await hold(holder())
    const reason = new Error("enough")
    const aborting = new AbortController()
    const onWait = vi.fn(() => aborting.abort(reason))
    assert.strictEqual(await failureOf(withLock(lock, { signal: aborting.signal, onWait }, async () => 1)), reason)
    assert.lengthOf(onWait.mock.calls, 1)
    assert.include(await readFile(lock, "utf8"), '"x"')
  })
})
