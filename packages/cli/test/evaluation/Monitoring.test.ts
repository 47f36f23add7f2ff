/** What a service's reports say of its guard. */
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { guardWithJudge } from "@facet/sdk"
import { wordList } from "@facet/sdk/judges"
import { type EndedReport, GuardedCall } from "@facet/sdk/words"
import { afterAll, beforeAll, expect, test } from "vitest"
import { evaluationOptions } from "../../src/commands/evaluation.ts"
import { describeFailure } from "../../src/describeFailure.ts"
import { monitor } from "../../src/evaluation/monitoring/Monitoring.ts"
import { monitoringReport } from "../../src/evaluation/monitoring/monitoringReport.ts"
import { monitoringTable } from "../../src/evaluation/monitoring/monitoringTable.ts"
import { readReports } from "../../src/evaluation/monitoring/readReports.ts"

let folder: string
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "facet-monitor-"))))
afterAll(() => rm(folder, { recursive: true }))

async function read(text: string) {
  const file = join(folder, "reports.jsonl")
  await writeFile(file, text)
  return readReports("monitor", file)
}

/** What a real guard tells of a real call. */
async function reportOf(prompt: string, answer: string): Promise<EndedReport> {
  const reports: Array<EndedReport> = []
  const call = new GuardedCall((report) => reports.push(report))
  const guard = guardWithJudge({ judge: wordList({ words: { fox: ["fox"], dog: ["dog"] } }) })
  const source = async function* () {
    yield { value: answer, texts: [{ text: answer }] }
  }
  for await (const part of guard.frames({ input: prompt, question: prompt, source, observe: call.observe }))
    call.note(part)
  call.end()
  return reports[0]!
}

test("reports as a guard tells them are read, counted and shown", async () => {
  const told = [await reportOf("A fox?", "No."), await reportOf("A cat?", "Yes."), await reportOf("A cat?", "A dog.")]
  const reports = await read(told.map((report) => JSON.stringify(report)).join("\n"))
  const monitoring = monitor(reports, undefined)
  expect(monitoring).toMatchObject({
    calls: 3,
    outcomes: { blocked: 2, done: 1 },
    blocked: { flagged: 2, failed: 0 },
    sides: {
      input: { fox: { count: 3, flagged: 1 }, dog: { count: 3, flagged: 0 } },
      output: { fox: { count: 2, flagged: 0 }, dog: { count: 2, flagged: 1 } },
    },
    labelled: null,
  })
  expect(monitoringTable(monitoring).join("\n")).toMatch(
    /input fox +3 +1 [^]*3 calls: 2 blocked, 1 done; 2 blocked as flagged/,
  )
})

const verdictOf = (probability: number, policy = "harassment") => ({
  flagged: probability >= 0.5,
  policies: [{ policy, probability, threshold: 0.5, flagged: probability >= 0.5 }],
  tokens: { judged: 1, cached: 0 },
})
const line = (probability: number, more: object = {}) =>
  JSON.stringify({ outcome: "done", verdicts: { input: verdictOf(probability) }, leakedCharacters: 0, ...more })
const spread = (from: number, to: number, count = 100) =>
  Array.from({ length: count }, (_, i) => line(from + ((to - from) * i) / count)).join("\n")

test("drift from a reference is told, and a policy that has gone", async () => {
  const reference = await read(
    `${spread(0, 0.4)}\n${line(0.1, { verdicts: { output: verdictOf(0.1, "hate_speech") } })}`,
  )
  const same = monitor(await read(spread(0, 0.4)), reference)
  const moved = monitor(await read(spread(0.3, 0.7)), reference)
  expect(same.sides.input["harassment"]?.drift?.stabilityIndex).toBeLessThan(0.05)
  expect(moved.sides.input["harassment"]?.drift?.stabilityIndex).toBeGreaterThan(0.25)
  expect(moved.sides.input["harassment"]?.drift?.pValue).toBeLessThan(0.001)
  expect(moved.missing).toStrictEqual(["output hate_speech"])
  const table = monitoringTable(moved).join("\n")
  expect(table).toContain("much has moved (PSI above 0.25): input harassment")
  expect(table).toContain("output hate_speech: the reference has it")
})

test("calls that somebody has labelled are measured as rows are", async () => {
  const text = [
    line(0.9, { label: 1 }),
    line(0.6, { label: 0 }),
    line(0.2, { label: 1 }),
    line(0.1, { label: 0 }),
    line(0.5),
  ]
  const { labelled } = monitor(await read(text.join("\n")), undefined)
  expect(labelled).toMatchObject({
    count: 4,
    positives: 2,
    atThreshold: { threshold: 0.5, precision: 0.5, recall: 0.5 },
  })
})

test("the page loads nothing, and has no markup of whoever named a policy", async () => {
  const evil = `<script>alert("1")</script>`
  const reports = await read(line(0.5, { verdicts: { input: verdictOf(0.5, evil) } }))
  const page = monitoringReport(evil, monitor(reports, reports), reports, reports)
  expect(page).not.toContain("labelled")
  const labelled = await read(line(0.5, { label: 1 }))
  expect(monitoringReport("", monitor(labelled, undefined), labelled, undefined)).toMatch(
    /<td>labelled<[^]*labelled: no row is labelled 0; at its threshold the recall is 1\.000/,
  )
  expect(page).not.toContain("<script")
  expect(page).not.toMatch(/(src|href)=/)
  expect(page.match(/<svg /g)).toHaveLength(1)
})

test("of a service that is writing a line, the whole ones are read", async () => {
  expect(await read(`${line(0.5)}\n{"outcome":"do`)).toHaveLength(1)
  expect(await read(`${line(0.5)}\n${line(0.5)}`)).toHaveLength(2)
})

test.each([
  ["", "there is no report in"],
  ["{\n", "it is no JSON. Write what `onReport` is given"],
  ["{", "there is no report in"],
  [`{"outcome":"fine","verdicts":{}}`, 'line 1: outcome: "fine" is none'],
  [`{"outcome":"done"}`, "line 1: verdicts: it is no object"],
  [line(0.1, { label: 2 }), "line 1: label: 2 is no label"],
  [line(0.1, { verdicts: { input: {} } }), "verdicts.input: it is no verdict"],
  [line(7), "verdicts.input.policies: "],
])("%j is refused", async (text, message) => {
  const failure: unknown = await read(text).catch((error: unknown) => error)
  const told = describeFailure(failure, evaluationOptions, false)
  expect(told).toContain(message)
  // The place is told, whatever options are called.
  if (message.startsWith("verdicts") || message.startsWith("line")) expect(told).toContain("reports.jsonl, line 1: ")
})
