/** `facet calibrate`: makes the probabilities of typed questions true of labelled examples. */
import { writeFile } from "node:fs/promises"
import { type CalibrationReport, InvalidRequestError, type LabelledExample, parseJson } from "@facet/sdk/words"
import { defineCommand } from "../Command.ts"
import { deviceOptions, readDevice } from "../DeviceFlags.ts"
import { openFacet } from "../Opening.ts"
import { jsonOption, modelOption } from "../Options.ts"
import { type CalibrationFile, questionsOption, readQuestions, readTextFile } from "../QuestionFiles.ts"
import { table } from "../table.ts"
import { UsageError } from "../UsageError.ts"

const options = {
  ...questionsOption,
  out: { kind: "text", value: "FILE", about: "where the calibration is written, for decide --calibration" },
  method: {
    kind: "text",
    value: "M",
    about: "of boolean questions: platt (default), or temperature, which never turns an answer",
  },
  ...modelOption,
  shield: {
    kind: "text",
    value: "M",
    about: "the model that is asked about a `policy` (default: the one that belongs to --model)",
  },
  ...deviceOptions,
  ...jsonOption,
} as const

export const calibrate = defineCommand(
  {
    name: "calibrate",
    operand: "EXAMPLES",
    takes: "names",
    summary: "make the probabilities of typed questions true of labelled examples",
    options,
    examples: [
      [`calibrate examples.jsonl --questions triage.json --out calibration.json`, "for decide --calibration"],
      [`calibrate examples.jsonl --questions triage.json --json`, "the calibration on stdout"],
    ],
  },
  async (console, file, { device, json, method, model, out, questions: asked, shield, prefill, threads }) => {
    if (out === undefined && json !== true) {
      throw new UsageError("--out is missing: where the calibration is written. With --json it is printed.")
    }
    const questions = await readQuestions(asked)
    const examples = readExamples(file, await readTextFile("EXAMPLES", file))
    await using facet = await openFacet(console, {
      ...(model !== undefined && { model }),
      ...(shield !== undefined && { shield }),
      ...readDevice({ device, prefill, threads }),
    })
    const calibrated = await facet
      .calibrate(
        questions,
        examples.map(({ example }) => example),
        // Which methods there are, the SDK says.
        { ...(method !== undefined && { method: method as "platt" }), signal: console.signal },
      )
      .catch((error: unknown) => {
        throw atItsLine(error, examples)
      })
    const written: CalibrationFile = { model: facet.model, ...calibrated }
    if (out !== undefined) await writeFile(out, `${JSON.stringify(written, undefined, 2)}\n`)
    if (json === true) await console.out.writeLine(JSON.stringify(written))
    else for (const line of reportLines(calibrated.reports)) await console.out.writeLine(line)
    return 0
  },
)

interface Row {
  /** From 1. */
  readonly line: number
  readonly example: LabelledExample
}

function readExamples(file: string, text: string): ReadonlyArray<Row> {
  return text.split(/\r?\n/).flatMap((row, i) => {
    if (row.trim() === "") return []
    const parsed = parseJson(row)
    if (parsed === undefined) {
      throw new UsageError(`${file}: line ${i + 1} is no JSON. Write { "state": …, "answers": { NAME: … } } in each.`)
    }
    // What it holds, the SDK checks, as it does for callers without types.
    return [{ line: i + 1, example: parsed.value as LabelledExample }]
  })
}

/** `examples[3].answers.pet` is told of its line in the file. */
function atItsLine(error: unknown, rows: ReadonlyArray<Row>): unknown {
  if (!(error instanceof InvalidRequestError)) return error
  const [, place, rest = ""] = /^examples\[(\d+)\]\.?(.*)$/s.exec(error.option) ?? []
  const row = rows[Number(place)]
  if (row === undefined) return error
  const { problem, remedy } = error
  return new InvalidRequestError({ option: `line ${row.line}${rest === "" ? "" : `: ${rest}`}`, problem, remedy })
}

const reportLines = (reports: Readonly<Record<string, CalibrationReport>>): ReadonlyArray<string> =>
  table([
    ["question", "examples", "error before", "after"],
    ...Object.entries(reports).map(([name, { ece, examples }]) => [
      name,
      String(examples),
      ece.before.toFixed(3),
      ece.after.toFixed(3),
    ]),
  ])
