import { expect, test } from "vitest"
import { compare, type Figures, type Plan } from "../../peers/compare.ts"
import type { Row, Work } from "../../peers/rows.ts"
import type { RunningSide } from "../../peers/startSide.ts"
import type { Task } from "../../peers/Task.ts"

const task: Task = { kind: "read", prompt: { text: "", ids: [] }, tokens: 1 }
const row = (title: string): Row => ({ title, key: "tokenMs", unit: "ms/token", scale: 2 })
const work = (name: string): Work => ({ name, rows: [row(name)], make: () => task })

/** A side that notes when it is asked, and fails when it is told to. */
const side = (name: RunningSide["name"], asked: Array<string>, fails = false): RunningSide => ({
  name,
  open: () => Promise.reject(new Error("not asked for")),
  describe: () => Promise.reject(new Error("not asked for")),
  end: () => Promise.resolve(),
  measure: () => {
    asked.push(name)
    if (fails) return Promise.reject(new Error("out of memory"))
    return Promise.resolve({ sample: { tokenMs: 3 }, disturbance: 0 })
  },
})

// `compare` asks it for nothing: the works here make their tasks themselves.
const maker = {} as Plan["maker"]
const plan = (works: ReadonlyArray<Work>, rounds: number, deadline = Infinity): Plan => ({
  works,
  rounds,
  deadline,
  maker,
  report: () => undefined,
})

test("the sides take turns at each work, and another one begins each round", async () => {
  const asked: Array<string> = []
  const figures: Figures = new Map()
  const sides = [side("facet", asked), side("node-llama-cpp", asked)]
  expect(await compare(sides, figures, plan([work("decode")], 3))).toStrictEqual([])
  expect(asked).toStrictEqual(["facet", "node-llama-cpp", "node-llama-cpp", "facet", "facet", "node-llama-cpp"])
  const [bySide] = figures.values()
  // In the row's own unit.
  expect(bySide?.get("facet")).toStrictEqual([0, 1, 2].map((round) => ({ round, value: 6, disturbed: false })))
})

test("a side that failed at a work is not asked for it again, and why is told once; the others go on", async () => {
  const asked: Array<string> = []
  const sides = [side("facet", asked), side("transformers.js", asked, true)]
  const failures = await compare(sides, new Map(), plan([work("decode")], 3))
  expect(failures).toStrictEqual([{ what: "transformers.js: decode", problem: "out of memory" }])
  expect(asked.filter((name) => name === "transformers.js")).toHaveLength(1)
  expect(asked.filter((name) => name === "facet")).toHaveLength(3)
})

test("no work begins after the deadline; a row that was not reached has no figures, and is told", async () => {
  const asked: Array<string> = []
  const figures: Figures = new Map()
  const failures = await compare([side("facet", asked)], figures, plan([work("decode"), work("shield")], 3, -1))
  expect(asked).toStrictEqual([])
  expect(figures.size).toBe(0)
  expect(failures.map(({ what }) => what)).toStrictEqual(["decode", "shield"])
})
