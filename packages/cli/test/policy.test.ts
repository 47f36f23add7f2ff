/** `facet policy` as a user runs it, with the embedded models; and the commands that judge by its file. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { facet } from "./facet.ts"

const foxes = [
  "The fox ran home.",
  "A fox sang to the moon.",
  "My fox is happy.",
  "That fox ate a cake.",
  "One fox slept.",
  "Foxes are clever.",
]
const others = [
  "The bread is warm.",
  "We went to the lake.",
  "My dog is happy.",
  "She ate a cake.",
  "One child slept.",
  "Ducks are quick.",
]
const rows = [...foxes.map((text) => ({ text, label: 1 })), ...others.map((text) => ({ text, label: 0 }))]
const guideline = '"No Foxes": The prompt shall not speak of foxes.'

let folder: string
const file = (name: string) => join(folder, name)
const write = (name: string, lines: ReadonlyArray<unknown>) =>
  writeFile(file(name), lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"))
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "facet-policy-"))
  await write("rows.jsonl", rows)
})
afterAll(() => rm(folder, { recursive: true }))

test("train, judge by what came out, and print its card", async () => {
  const out = file("foxes.json")
  const trained = await facet([
    "policy",
    "train",
    file("rows.jsonl"),
    "--guideline",
    guideline,
    "--id",
    "foxes",
    "--out",
    out,
    "--json",
  ])
  expect(trained).toMatchObject({ code: 0, stderr: "" })
  expect(JSON.parse(trained.stdout)).toMatchObject({
    policy: "foxes",
    file: out,
    examples: 12,
    positives: 6,
    figures: null,
    untold: expect.stringContaining("12 labels cannot tell"),
  })
  const [shielded, both, card, generated] = await Promise.all([
    facet(["shield", "The fox ran home.", "--policy-file", out, "--json"]),
    facet(["shield", "x", "--policy-file", out, "--policy", "harassment"]),
    facet(["policy", "card", out]),
    facet(["generate", "Hi!", "--max-tokens", "3", "--guard", "--policy-file", out, "--json"]),
  ])
  const verdict: unknown = JSON.parse(shielded.stdout)
  expect(verdict).toMatchObject({ policies: [{ policy: "foxes", threshold: 0.5 }] })
  expect(shielded.code).toBe((verdict as { readonly flagged: boolean }).flagged ? 3 : 0)
  expect(both).toMatchObject({ code: 2, stdout: "" })
  expect(card.stdout).toMatch(/^# foxes\n[^]*12 texts, labelled by whoever trained it; 6 of them[^]*## Limits/)
  expect(JSON.parse(generated.stdout)).toMatchObject({ verdicts: { input: { policies: [{ policy: "foxes" }] } } })
}, 60_000)

test("what is wrong is told with its line, and nothing is written", async () => {
  await write("twice.jsonl", [...rows, "", { text: "the fox  ran HOME.", label: 1 }])
  await write("contradiction.jsonl", [...rows, { text: "The fox ran home.", label: 0 }])
  await write("unlabelled.jsonl", [{ text: "x" }, ...rows])
  await write("broken.jsonl", [rows[0], "{"])
  await write("policies.yaml", ["policies:", "  - id: foxes", "    guidline: No foxes."])
  const before = await readdir(folder)
  const train = (name: string, ...more: ReadonlyArray<string>) =>
    facet(["policy", "train", file(name), "--guideline", guideline, "--out", file("none.json"), ...more])
  const outcomes = await Promise.all([
    train("twice.jsonl"),
    train("contradiction.jsonl"),
    train("unlabelled.jsonl"),
    train("broken.jsonl"),
    train("rows.jsonl", "--min-recall", "0.9"),
    facet(["shield", "x", "--policy-file", file("policies.yaml")]),
  ])
  const parts = [
    "line 14: the same text is in line 1",
    "line 13: it is 0, and the same text is 1 in line 1",
    "line 1: it is missing",
    "line 2: it is no JSON",
    "12 labels cannot tell it",
    "policies.yaml, line 3: there is no such option",
  ]
  for (const [i, outcome] of outcomes.entries()) {
    expect(outcome).toMatchObject({ code: 1, stdout: "" })
    expect(outcome.stderr).toContain("InvalidRequestError")
    expect(outcome.stderr).toContain(parts[i])
  }
  expect(await readdir(folder)).toEqual(before)
}, 60_000)

test.each([
  [["policy", "learn", "rows.jsonl"], 'policy takes train, distil, card, not "learn"'],
  [["policy", "train", "rows.jsonl", "--out", "x"], "--guideline is missing"],
  [["policy", "train", "rows.jsonl", "--guideline", "x"], "--out is missing"],
  [["policy", "distil", "rows.jsonl", "--guideline", "x", "--out", "y"], "--guideline belongs to"],
  [["generate", "x", "--policy-file", "y"], "Add --guard"],
  [["serve", "--policy-file", "y"], "Add --guard"],
])("%j is no usage", async (words, part) => {
  const { code, stderr } = await facet(words)
  expect(code).toBe(2)
  expect(stderr).toContain(part)
})

test("a card may be a file", async () => {
  await write("one.yaml", ["id: harassment", "threshold: 0.2"])
  expect(await facet(["policy", "card", file("one.yaml"), "--out", file("card.md")])).toMatchObject({
    code: 0,
    stdout: "",
  })
  expect(await readFile(file("card.md"), "utf8")).toMatch(/^# Harassment\n[^]*at least \*\*0.2\*\*/)
})
