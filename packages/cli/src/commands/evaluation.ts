/** `facet eval`: how well a guard judges labelled rows. */
import { writeFile } from "node:fs/promises"
import { basename } from "node:path"
import { policies } from "@facet/sdk/words"
import { bar } from "../bar.ts"
import { checkWritable } from "../checkWritable.ts"
import { defineCommand } from "../Command.ts"
import type { Console } from "../Console.ts"
import { deviceOptions, readDevice } from "../DeviceFlags.ts"
import { evaluate, type Evaluation } from "../evaluation/evaluate.ts"
import { evaluationReport } from "../evaluation/evaluationReport.ts"
import { evaluationTable } from "../evaluation/evaluationTable.ts"
import { type DatasetRow, readDataset } from "../evaluation/readDataset.ts"
import { clearLine, duration, openFacet } from "../Opening.ts"
import { jsonOption } from "../Options.ts"
import { UsageError } from "../UsageError.ts"

const options = {
  policies: {
    kind: "list",
    flag: "policy",
    value: "ID",
    about: `${Object.keys(policies).join(", ")} (default: all); several are allowed`,
  },
  limit: { kind: "number", value: "N", about: "the first N rows only" },
  model: {
    kind: "text",
    value: "M",
    about: "the guard: an id such as google/shieldgemma-2b, a folder, a .gguf, a URL, or tiny (default)",
  },
  shield: { kind: "text", value: "M", about: "the same as --model" },
  html: { kind: "text", value: "FILE", about: "write a report with plots, too: one page that needs nothing else" },
  ...deviceOptions,
  ...jsonOption,
} as const

export const evaluation = defineCommand(
  {
    name: "eval",
    operand: "DATASET",
    takes: "names",
    summary: "measure how well a guard judges labelled rows",
    options,
    examples: [
      [`eval rows.jsonl`, `a table; rows are { "prompt": "…", "response": "…", "label": 0 }, without response too`],
      [`eval rows.jsonl --policy harassment --json`, "one policy, one JSON document"],
      [`eval rows.jsonl --html report.html`, "the table, and a page with plots"],
      [`eval samples-1680.jsonl.gz --limit 200`, "the first rows of OpenAI's moderation set"],
    ],
  },
  async (console, file, { device, html, json, limit, model, policies: given, shield, threads }) => {
    if (limit !== undefined && !(Number.isInteger(limit) && limit > 0)) {
      throw new UsageError(`--limit takes a whole number above 0, not ${limit}`)
    }
    if (model !== undefined && shield !== undefined && model !== shield) {
      throw new UsageError("--model and --shield both name the guard: give one of them")
    }
    if (html !== undefined) await checkWritable("--html", html)
    // What is wrong with the rows is told before a model is fetched for them.
    const rows = await readDataset(file, limit)
    const guard = shield ?? model
    const ids = given?.flatMap((list) => list.split(",")).map((id) => id.trim())
    await using facet = await openFacet(console, {
      ...(guard !== undefined && { shield: guard }),
      ...readDevice({ device, threads }),
    })
    const result = await showingRows(console, rows, (content) =>
      facet.shield(content, { ...(ids && { policies: ids }), signal: console.signal }),
    )
    if (html !== undefined) await writeFile(html, evaluationReport(basename(file), result))
    if (json === true) await console.out.writeLine(JSON.stringify(result))
    else for (const line of evaluationTable(result)) await console.out.writeLine(line)
    return 0
  },
)

const barWidth = 20

/** Evaluates while telling how many rows are judged, to whoever watches. */
async function showingRows(
  { err, verbose }: Console,
  rows: ReadonlyArray<DatasetRow>,
  judge: Parameters<typeof evaluate>[1],
): Promise<Evaluation> {
  const isTransient = err.isTerminal && !verbose
  const start = performance.now()
  const onRow = (done: number): void => {
    const secondsLeft = ((performance.now() - start) / 1000 / done) * (rows.length - done)
    const line = `${bar(done / rows.length, barWidth).padEnd(barWidth)} ${done} of ${rows.length} rows, ${duration(secondsLeft)} left`
    if (isTransient) void err.write(`${clearLine}${err.paint.dim(line)}`)
    else if (verbose) void err.writeLine(line)
  }
  try {
    return await evaluate(rows, judge, onRow)
  } finally {
    if (isTransient) await err.write(clearLine)
  }
}
