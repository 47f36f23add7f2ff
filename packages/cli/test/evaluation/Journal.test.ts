/** What was judged before a break is not judged again, and nothing else is taken over. */
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { InvalidRequestError, type Verdict } from "@facet/sdk/words"
import { afterAll, beforeAll, expect, test } from "vitest"
import { evaluationOf, judgeRows } from "../../src/evaluation/evaluate.ts"
import { Journal } from "../../src/evaluation/Journal.ts"
import type { DatasetRow, Label } from "../../src/evaluation/readDataset.ts"

let folder: string
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "facet-journal-"))))
afterAll(() => rm(folder, { recursive: true }))

const row = (prompt: string, label: Label): DatasetRow => ({ line: 1, content: { prompt }, label, byPolicy: new Map() })
const rows = [row("a", 1), row("b", 0), row("c", 1), row("d", 0)]
const subject = { guard: "tiny", policies: [], settings: "" }
const verdict = (probability: number): Verdict => ({
  flagged: probability >= 0.5,
  policies: [{ policy: "p", probability, threshold: 0.5, flagged: probability >= 0.5 }],
  tokens: { judged: 1, cached: 0 },
})
const scores: Readonly<Record<string, number>> = { a: 0.9, b: 0.2, c: 0.4, d: 0.6 }

/** Judges until a break, and tells what was asked. */
async function run(file: string, breakAt?: string) {
  const asked: Array<string> = []
  const journal = await Journal.open(file, rows, subject)
  const judge = async ({ prompt }: DatasetRow["content"]) => {
    if (prompt === breakAt) throw new Error("the machine went down")
    asked.push(prompt)
    return verdict(scores[prompt] ?? 0)
  }
  const judged = await judgeRows(rows, judge, () => undefined, journal).catch(() => undefined)
  return { asked, evaluation: judged && evaluationOf(judged) }
}

test.each(["b", "c", "d"])("an evaluation that broke at %s goes on, and says the same", async (breakAt) => {
  const file = join(folder, `broken-${breakAt}.jsonl`)
  const before = await run(file, breakAt)
  // Half a line, as a machine that goes down may leave it.
  await appendFile(file, '{"index":')
  const after = await run(file)
  expect([...before.asked, ...after.asked]).toStrictEqual(["a", "b", "c", "d"])
  const whole = await run(join(folder, `whole-${breakAt}.jsonl`))
  const { latency: _, ...told } = after.evaluation!
  expect(whole.evaluation).toMatchObject(told)
  expect((await run(file)).asked).toStrictEqual([])
})

test("a journal of something else is refused, and stays as it is", async () => {
  const file = join(folder, "own.jsonl")
  await run(file)
  const text = await readFile(file, "utf8")
  const others = [
    [() => Journal.open(file, rows, { ...subject, guard: "other" }), "of another guard, tiny"],
    [() => Journal.open(file, rows, { ...subject, policies: ["harassment"] }), "of other policies"],
    [() => Journal.open(file, rows, { ...subject, settings: "0.2" }), "with other words or thresholds"],
    [() => Journal.open(file, rows.slice(1), subject), "of other rows"],
    [() => Journal.open(file, [row("a", 0), ...rows.slice(1)], subject), "of other rows"],
  ] as const
  for (const [open, message] of others) {
    const failure: unknown = await open().catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(InvalidRequestError)
    expect(failure).toHaveProperty("message", expect.stringContaining(message))
  }
  expect(await readFile(file, "utf8")).toBe(text)
})

test.each([
  ["no journal", "prompt,label\n", "is no journal"],
  ["a place that there is not", '{"index":9,"milliseconds":1,"verdict":{}}', "line 2"],
  ["a verdict without policies", '{"index":0,"milliseconds":1,"verdict":{"flagged":true,"policies":[]}}', "line 2"],
  ["no JSON", "index 0", "line 2"],
])("a file with %s is refused", async (what, line, message) => {
  const file = join(folder, `${what.replaceAll(" ", "-")}.jsonl`)
  if (what === "no journal") await writeFile(file, line)
  else {
    await Journal.open(file, rows, subject)
    await appendFile(file, `${line}\n`)
  }
  await expect(Journal.open(file, rows, subject)).rejects.toThrow(message)
})
