import { it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { describe, expect, test } from "vitest"
import { chooseWorker } from "../../../src/serve/fleet/chooseWorker.ts"
import { Figures } from "../../../src/serve/fleet/Figures.ts"
import { PrefixTable } from "../../../src/serve/fleet/PrefixTable.ts"
import { promptChain } from "../../../src/serve/fleet/promptChain.ts"

const chainOf = (request: object, key = ""): ReadonlyArray<string> =>
  promptChain(new TextEncoder().encode(JSON.stringify(request)), key)

const message = Schema.Struct({ role: Schema.Literals(["user", "assistant"]), content: Schema.String })
const messages = Schema.NonEmptyArray(message)

describe("the beginning of a prompt", () => {
  it.prop("of a chat begins all of its later turns", { before: messages, after: messages }, ({ before, after }) => {
    const chain = chainOf({ messages: before })
    expect(chainOf({ messages: [...before, ...after], stream: true }).slice(0, chain.length)).toStrictEqual(chain)
  })

  test("is that of a text which goes on, as far as whole pieces go", () => {
    const text = "Once upon a time. ".repeat(40)
    const chain = chainOf({ prompt: text })
    expect(chain.length).toBe(3)
    expect(chainOf({ prompt: `${text}The end.` }).slice(0, 2)).toStrictEqual(chain.slice(0, 2))
    expect(chainOf({ prompt: `x${text}` })[0]).not.toBe(chain[0])
  })

  test("is another for another key, another salt, another opening", () => {
    const asked = { messages: [{ role: "user", content: "Hello" }] }
    const salted = [
      { ...asked, cache_salt: "a" },
      { ...asked, cacheSalt: "b" },
      { ...asked, instructions: "Be brief." },
    ]
    const chains = [chainOf(asked), chainOf(asked, "Bearer one"), ...salted.map((request) => chainOf(request))]
    expect(new Set(chains.map(([first]) => first)).size).toBe(chains.length)
  })

  test("of what is nested too deep to be written is none, and no failure", () => {
    const deep = `{"messages":[${"[".repeat(9000)}${"]".repeat(9000)}]}`
    expect(promptChain(new TextEncoder().encode(deep), "")).toStrictEqual([])
  })

  test("is found in every kind of request, and bounded", () => {
    const texts = [{ input: "A" }, { content: { prompt: "A" } }, { text: "A" }, { state: { a: 1 } }, { prompt: [2, 3] }]
    for (const request of texts) expect(chainOf(request).length).toBe(1)
    expect(chainOf({ prompt: { messages: [{ content: "A" }, { content: "B" }] } }).length).toBe(2)
    expect(chainOf({ messages: Array.from({ length: 500 }, () => "x".repeat(600)) }).length).toBe(64)
    for (const request of [{}, { prompt: null }, []]) expect(chainOf(request)).toStrictEqual([])
    expect(promptChain(new TextEncoder().encode("no JSON"), "")).toStrictEqual([])
  })
})

describe("the table of prefixes", () => {
  test("finds whoever has read the most of a prompt, until he is gone", () => {
    const table = new PrefixTable()
    table.add(["a", "b", "c"], 1)
    table.add(["a", "b", "d"], 2)
    expect(table.matches(["a", "b", "c", "e"])).toStrictEqual(
      new Map([
        [1, 3],
        [2, 2],
      ]),
    )
    expect(table.matches(["b"]).size).toBe(2)
    table.forget(1)
    expect([...table.matches(["a", "b", "c"])]).toStrictEqual([[2, 2]])
  })

  test("keeps the beginnings that were asked for last", () => {
    const table = new PrefixTable(3)
    table.add(["a", "b"], 1)
    table.add(["c", "d"], 1)
    expect(table.matches(["a", "b"]).get(1)).toBe(1)
    expect(table.matches(["c", "d"]).get(1)).toBe(2)
  })
})

describe("the choice of a worker", () => {
  const few = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 }))
  const workers = Schema.NonEmptyArray(Schema.Struct({ running: few, read: few }))

  it.prop("has nobody wait for more requests than pieces are spared, or than the slack", { workers }, ({ workers }) => {
    const all = workers.map((worker, id) => ({ ...worker, id }))
    const choice = chooseWorker(all, new Map(all.map(({ id, read }) => [id, read])), 3)!
    const least = Math.min(...all.map(({ running }) => running))
    const readThere = Math.max(...all.filter(({ running }) => running === least).map(({ read }) => read))
    const { read, running } = choice.worker
    expect(running - least).toBeLessThanOrEqual(Math.min(2, Math.max(0, read - readThere)))
    expect(choice.by === "prefix" ? read : 0).toBe(choice.by === "prefix" ? Math.max(...all.map((one) => one.read)) : 0)
  })

  test("is whoever has read more, as long as he is not much busier", () => {
    const two = [
      { id: 1, running: 0 },
      { id: 2, running: 1 },
    ]
    const chosen = (read: ReadonlyArray<readonly [number, number]>, slack = 3) => {
      const choice = chooseWorker(two, new Map(read), slack)
      return [choice?.worker.id, choice?.by]
    }
    expect(chosen([[2, 1]])).toStrictEqual([2, "prefix"])
    expect(chosen([[2, 1]], 1)).toStrictEqual([1, "load"])
    const both = [
      [1, 5],
      [2, 5],
    ] as const
    expect(chosen(both)).toStrictEqual([1, "prefix"])
    expect(chosen([])).toStrictEqual([1, "load"])
    expect(chooseWorker([], new Map(), 1)).toBeUndefined()
  })
})

test("figures of several processes add up, and what is each one's own stays apart", () => {
  const figures = new Figures()
  const text = (count: number) => `# HELP asked So many.
# TYPE asked counter
asked{path="/a b"} ${count}
# HELP took Seconds.
# TYPE took histogram
took_bucket{le="1"} ${count}
took_sum 0.5
# HELP memory Bytes.
# TYPE memory gauge
memory ${count}
of{a="1"} 2
`
  figures.add(text(1), "1")
  figures.add(text(2), "2")
  figures.add(text(4), undefined)
  expect(figures.text()).toBe(`# HELP asked So many.
# TYPE asked counter
asked{path="/a b"} 7
# HELP took Seconds.
# TYPE took histogram
took_bucket{le="1"} 7
took_sum 1.5
# HELP memory Bytes.
# TYPE memory gauge
memory{worker="1"} 1
of{a="1",worker="1"} 2
memory{worker="2"} 2
of{a="1",worker="2"} 2
`)
})
