/** Several generators, read at once. */
import { OverloadedError } from "@facet/sdk/words"
import { describe, expect, test } from "vitest"
import { atOnce } from "../src/atOnce.ts"
import { all } from "./openaiServer.ts"

/** Counts what is open, and at most was. */
class Log {
  readonly events: Array<string> = []
  open = 0
  mostOpen = 0
  places = 0

  writer(name: string, count: number, failsAt = Infinity, error: unknown = new Error(name)) {
    const self = this
    return async function* () {
      self.open++
      self.mostOpen = Math.max(self.mostOpen, self.open)
      self.events.push(`${name} begins`)
      try {
        for (let i = 0; i < count; i++) {
          await Promise.resolve()
          if (i === failsAt) throw error
          yield `${name}${i}`
        }
      } finally {
        self.open--
      }
    }
  }

  readonly take = (most: number) => () => {
    if (this.places >= most) return undefined
    this.places++
    return () => void this.places--
  }
}

const own = (parts: ReadonlyArray<string>, name: string) => parts.filter((part) => part.startsWith(name))

describe("several at once", () => {
  test("give all parts of each, in its order; the first begins alone", async () => {
    const log = new Log()
    const writers = ["a", "b", "c", "d", "e", "f"].map((name) => log.writer(name, 5))
    const parts = await all(atOnce(writers, 3, log.take(9)))
    for (const name of ["a", "b", "c", "d", "e", "f"]) {
      expect(own(parts, name)).toStrictEqual(Array.from({ length: 5 }, (_, i) => `${name}${i}`))
    }
    expect(parts[0]).toBe("a0")
    expect(log.events.slice(0, 3)).toStrictEqual(["a begins", "b begins", "c begins"])
    expect([log.mostOpen, log.open, log.places]).toStrictEqual([3, 0, 0])
  })

  test("are as many as there are places, of which the first has its own", async () => {
    for (const most of [0, 1]) {
      const log = new Log()
      const writers = ["a", "b", "c"].map((name) => log.writer(name, 3))
      expect(await all(atOnce(writers, 4, log.take(most)))).toHaveLength(9)
      expect([log.mostOpen, log.places]).toStrictEqual([most + 1, 0])
    }
    expect(await all(atOnce([], 4, new Log().take(4)))).toStrictEqual([])
  })

  test("wait for one another where the engine has no room", async () => {
    const log = new Log()
    let refusals = 2
    const busy = (name: string) => {
      const calm = log.writer(name, 3)
      return () => (refusals-- > 0 ? log.writer(name, 1, 0, new OverloadedError({ limit: 1 }))() : calm())
    }
    const parts = await all(atOnce([log.writer("a", 4), busy("b"), busy("c")], 4, log.take(9)))
    for (const [name, count] of [
      ["a", 4],
      ["b", 3],
      ["c", 3],
    ] as const)
      expect(own(parts, name)).toHaveLength(count)
    expect([log.open, log.places]).toStrictEqual([0, 0])
  })

  test("end together when one fails, or when nobody reads on", async () => {
    const log = new Log()
    const writers = [log.writer("a", 9), log.writer("b", 9, 2), log.writer("c", 9)]
    await expect(all(atOnce(writers, 3, log.take(9)))).rejects.toThrow("b")
    expect([log.open, log.places]).toStrictEqual([0, 0])
    const parts = atOnce(writers, 3, log.take(9))
    await parts.next()
    await parts.next()
    await parts.return()
    expect([log.open, log.places]).toStrictEqual([0, 0])
    const full = atOnce([log.writer("a", 1, 0, new OverloadedError({ limit: 1 }))], 3, log.take(9))
    await expect(all(full)).rejects.toBeInstanceOf(OverloadedError)
  })
})
