import { assert, describe, it } from "vitest"
import { type Resident, Residents } from "../../src/engine/Residents.ts"

const made = (left: Array<string>, name: string, bytes: number, isBusy = false): Resident & { isBusy: boolean } => ({
  bytes,
  isBusy,
  leave: async () => void left.push(name),
})

describe("Residents", () => {
  it("let the least recently used go when there is no room", async () => {
    const left: Array<string> = []
    const residents = new Residents(10)
    const [a, b, c] = ["a", "b", "c"].map((name) => made(left, name, 4))
    for (const one of [a, b, a, c]) await residents.enter(one!)
    assert.deepStrictEqual(left, ["b"])
    assert.strictEqual(residents.bytes, 8)
  })

  it("leave alone what is at work, and whatever is needed now, however large", async () => {
    const left: Array<string> = []
    const residents = new Residents(10)
    const busy = made(left, "busy", 6, true)
    await residents.enter(busy)
    await residents.enter(made(left, "large", 100))
    assert.deepStrictEqual(left, [])
    busy.isBusy = false
    await residents.enter(made(left, "small", 1))
    assert.deepStrictEqual(left, ["busy", "large"])
  })
})
