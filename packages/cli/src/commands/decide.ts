/** `facet decide`: typed questions about a text. */
import type { Answer } from "@facet/sdk/words"
import { bar } from "../bar.ts"
import { defineCommand } from "../Command.ts"
import type { Paint } from "../Paint.ts"
import { deviceOptions, readDevice } from "../DeviceFlags.ts"
import { openFacet } from "../Opening.ts"
import { jsonOption, modelOption } from "../Options.ts"
import { questionsOption, readCalibration, readQuestions, warnOfCalibration } from "../QuestionFiles.ts"
import { fit, padEnd, visible } from "../textWidth.ts"
import { percent } from "../verdictTable.ts"

const barWidth = 20
const nameWidth = 24

const options = {
  ...questionsOption,
  calibration: {
    kind: "text",
    value: "FILE",
    about: "what facet calibrate wrote; without --questions, all that it holds are asked",
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

export const decide = defineCommand(
  {
    name: "decide",
    operand: "STATE",
    summary: "answer typed questions about a text with probabilities",
    options,
    examples: [
      [`decide "I was charged twice." --questions triage.json`, "the probability of each answer"],
      [`decide "I was charged twice." --calibration calibration.json`, "calibrated by facet calibrate"],
      [`decide - --questions triage.json --json < mail.txt`, "one JSON document"],
    ],
  },
  async (console, state, { calibration: kept, device, json, model, questions: file, shield, prefill, threads }) => {
    const calibration = kept === undefined ? undefined : await readCalibration(kept)
    const questions =
      calibration !== undefined && file === undefined ? calibration.questions : await readQuestions(file)
    await using facet = await openFacet(console, {
      ...(model !== undefined && { model }),
      ...(shield !== undefined && { shield }),
      ...readDevice({ device, prefill, threads }),
    })
    await warnOfCalibration(console, calibration, facet.model)
    const { answers } = await facet.decide(state, questions, { calibration, signal: console.signal })
    if (json === true) await console.out.writeLine(JSON.stringify({ answers }))
    else for (const line of answerLines(answers, console.out.paint)) await console.out.writeLine(line)
    return 0
  },
)

function answerLines(answers: Readonly<Record<string, Answer>>, paint: Paint): ReadonlyArray<string> {
  return Object.entries(answers).flatMap(([name, answer], i) => [
    ...(i === 0 ? [] : [""]),
    paint.bold(`${visible(name, true)}: ${summaryOf(answer)}`),
    ...rowsOf(answer).map(([option, probability]) => rowOf(option, probability, paint)),
  ])
}

function summaryOf(answer: Answer): string {
  const reached = answer.reached === undefined ? "" : answer.reached ? ", reached" : ", not reached"
  switch (answer.type) {
    case "boolean":
      return `${percent(answer.probability).trim()} true${reached}`
    case "choice":
      return `${visible(answer.choice, true)}${reached}`
    case "score":
      return `${answer.score.toFixed(2)}${reached}`
  }
}

function rowsOf(answer: Answer): ReadonlyArray<readonly [option: string, probability: number]> {
  if (answer.type === "boolean") return []
  const rows = Object.entries(answer.probabilities)
  // JavaScript puts whole numbers ahead of others.
  return answer.type === "score" ? rows.toSorted(([a], [b]) => Number(a) - Number(b)) : rows
}

function rowOf(option: string, probability: number, paint: Paint): string {
  const name = padEnd(fit(visible(option, true), nameWidth), nameWidth)
  return `  ${name}  ${percent(probability)}  ${paint.accent(bar(probability, barWidth))}`.trimEnd()
}
