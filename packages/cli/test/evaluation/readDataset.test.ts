/** Which files are datasets, and what is wrong with the others. */
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { InvalidRequestError } from "@facet/sdk/words"
import { afterAll, beforeAll, expect, test } from "vitest"
import { readDataset } from "../../src/evaluation/readDataset.ts"

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "facet-dataset-"))
})
afterAll(() => rm(folder, { recursive: true }))

async function read(content: string | Uint8Array, name = "rows.jsonl", limit?: number) {
  const file = join(folder, name)
  await writeFile(file, content)
  return readDataset(file, { limit })
}

const lines = (...rows: ReadonlyArray<unknown>): string => rows.map((row) => JSON.stringify(row)).join("\n")

test("a row is a prompt, perhaps a response, and a label for all or for each policy", async () => {
  const text = lines(
    { prompt: "a", label: 1 },
    { prompt: "b", response: "c", label: { harassment: 0, hate_speech: 1 } },
    { prompt: "d", label: { harassment: 0 } },
  )
  expect(await read(`\uFEFF${text.replaceAll("\n", "\r\n\r\n")}\n`)).toStrictEqual([
    { line: 1, content: { prompt: "a" }, label: 1, byPolicy: new Map() },
    {
      line: 3,
      content: { prompt: "b", response: "c" },
      label: 1,
      byPolicy: new Map([
        ["harassment", 0],
        ["hate_speech", 1],
      ]),
    },
    { line: 5, content: { prompt: "d" }, label: 0, byPolicy: new Map([["harassment", 0]]) },
  ])
  expect(await read(text, "rows.jsonl", 2)).toHaveLength(2)
})

test("a label may name a policy of one's own where that is judged, and any where a judge has its own", async () => {
  const file = join(folder, "own.csv")
  await writeFile(file, "prompt,label.refunds,label.harassment\na,1,\n")
  for (const judged of [["refunds"], "any"] as const) {
    const [row] = await readDataset(file, { judged })
    expect(row).toMatchObject({ label: 1, byPolicy: new Map([["refunds", 1]]) })
  }
  await expect(readDataset(file, { judged: ["refund"] })).rejects.toThrow("label.refunds: there is no such policy")
})

test("rows of OpenAI's moderation set are judged as responses; a category that is missing is unknown", async () => {
  const text = lines(
    { prompt: "a", S: 0, H: 0, V: 0, HR: 0, SH: 0, S3: 1, H2: 0, V2: 0 },
    { prompt: "b", H: 0, SH: 0 },
    { prompt: "c", V: 1 },
  )
  const rows = await read(gzipSync(text), "samples.jsonl.gz")
  expect(rows.map(({ content }) => content)).toStrictEqual(
    ["a", "b", "c"].map((response) => ({ prompt: "", response })),
  )
  expect(rows.map(({ label }) => label)).toStrictEqual([1, 0, 1])
  expect(rows.map(({ byPolicy }) => Object.fromEntries(byPolicy))).toStrictEqual([
    { sexually_explicit: 1, hate_speech: 0, harassment: 0, dangerous_content: 0 },
    { hate_speech: 0, dangerous_content: 0 },
    {},
  ])
})

test.each([
  ["no JSON", '{"prompt":"a","label":1}\n{"prompt":', "line 2: it is no JSON"],
  ["a CSV", "prompt,label\na,1", "line 1: it is no JSON"],
  ["no object", "[1]", "line 1: "],
  ["no prompt", lines({ text: "a", label: 1 }), "line 1: prompt: it is missing, and there is text, label"],
  ["a response that is none", lines({ prompt: "a", response: 5, label: 1 }), "line 1: response: number where text"],
  ["no label", lines({ prompt: "a", label: 0 }, { prompt: "b" }), "line 2: label: it is missing"],
  ["another label", lines({ prompt: "a", label: true }), "line 1: label: true is no label"],
  ["a label of no policy", lines({ prompt: "a", label: {} }), "line 1: label: it names no policy"],
  ["an unknown policy", lines({ prompt: "a", label: { spam: 1 } }), "line 1: label.spam: there is no such policy"],
  ["a category's label", lines({ prompt: "a", S: "1" }), 'line 1: S: "1" is no label'],
  ["a name twice", '{"prompt":"a","label":1,"label":0}', "line 1: a name stands twice in it"],
  ["a contradiction", lines({ prompt: "a", label: 0 }, { prompt: "a", label: 1 }), "another label in line 1"],
  [
    "a contradiction in a policy, past a row that says nothing of it",
    lines(
      { prompt: "a", label: { harassment: 1 } },
      { prompt: "a", label: { hate_speech: 1 } },
      { prompt: "a", label: { harassment: 0, hate_speech: 1 } },
    ),
    "line 3: label: the same text has another label in line 1",
  ],
  ["nothing", "\n", "there is no row in it"],
  ["no UTF-8", Uint8Array.of(0x7b, 0xff), "is not UTF-8"],
  ["a broken gzip", gzipSync("{}").subarray(0, 12), "is broken"],
])("a file with %s is refused, with its place", async (_what, content, message) => {
  const failure: unknown = await read(content).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(InvalidRequestError)
  expect(failure).toHaveProperty("message", expect.stringContaining(message))
})

test("a name that lies is refused, and a file that is not there", async () => {
  await expect(read("{}", "rows.jsonl.gz")).rejects.toThrow("not compressed by gzip, as its name says")
  await expect(readDataset(join(folder, "none.jsonl"))).rejects.toThrow(/none\.jsonl cannot be read/)
})
