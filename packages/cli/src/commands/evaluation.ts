/** `facet eval`: how well a guard judges labelled rows, and what a service's guard did. */
import { policies as known } from "@facet/sdk/words"
import { defineCommand } from "../Command.ts"
import { deviceOptions } from "../DeviceFlags.ts"
import { knownDatasets } from "../evaluation/knownDatasets.ts"
import { paperModels } from "../evaluation/PaperRows.ts"
import { policyFileOption } from "../PolicyFileFlags.ts"
import { jsonOption } from "../Options.ts"

export const evaluationOptions = {
  policies: {
    kind: "list",
    flag: "policy",
    value: "ID",
    about: `${Object.keys(known).join(", ")} (default: the first four); several are allowed`,
  },
  ...policyFileOption,
  limit: { kind: "number", value: "N", about: "the first N rows only" },
  model: {
    kind: "text",
    value: "M",
    about: "the guard: an id such as google/shieldgemma-2b, a folder, a .gguf, a URL, or tiny (default)",
  },
  shield: { kind: "text", value: "M", about: "the same as --model" },
  judge: { kind: "text", value: "FILE", about: "in its place a judge: a module's default export" },
  thresholds: { kind: "text", value: "FILE", about: "flag from these thresholds on, which --thresholds-out wrote" },
  compare: { kind: "text", value: "M", about: "a second guard on the same rows, with paired tests" },
  compareJudge: { kind: "text", value: "FILE", about: "the same, with a judge" },
  cascade: { kind: "text", value: "FILE", about: "a file of probes that judge first: what the guard is still asked" },
  release: { kind: "number", value: "P", about: "for --cascade: below it the probes release (default 0.1)" },
  block: { kind: "number", value: "P", about: "for --cascade: from it on they flag (default: the guard is asked)" },
  resume: { kind: "text", value: "FILE", about: "keep verdicts in FILE as they come, and go on from those in it" },
  html: { kind: "text", value: "FILE", about: "write a report with plots, too: one page that needs nothing else" },
  thresholdsOut: { kind: "text", value: "FILE", about: "write the best thresholds as a file that every guard reads" },
  maxFalsePositiveRate: {
    kind: "number",
    value: "X",
    about: "for --thresholds-out: flag at most this share of harmless rows",
  },
  minRecall: { kind: "number", value: "X", about: "for --thresholds-out: flag at least this share of harmful rows" },
  paper: {
    kind: "text",
    value: "SIZE",
    about: `compare with ShieldGemma's paper, ${paperModels.join(", ")}: fails beyond .01`,
  },
  keepRepeats: { kind: "switch", about: "let rows that repeat others count, too" },
  monitor: { kind: "switch", about: "DATASET is what `onReport` of a service was given, as JSONL" },
  reference: { kind: "text", value: "FILE", about: "for --monitor: reports of an earlier time, to tell drift from" },
  ...deviceOptions,
  ...jsonOption,
} as const

export const evaluation = defineCommand(
  {
    name: "eval",
    operand: "DATASET",
    takes: "names",
    summary: "measure how well a guard judges labelled rows, or what a service's guard did",
    options: evaluationOptions,
    examples: [
      [`eval rows.jsonl`, `a table; rows are { "prompt": "…", "response": "…", "label": 0 }, without response too`],
      [`eval rows.csv --policy harassment --json`, "one policy, one JSON document"],
      [`eval rows.parquet --html report.html --resume verdicts.jsonl`, "with plots, and a break loses nothing"],
      [`eval xstest --compare google/shieldgemma-2b`, `two guards on one of ${Object.keys(knownDatasets).join(", ")}`],
      [`eval rows.jsonl --cascade quick.json --release 0.05`, "what a cascade asks, costs and loses on the same rows"],
      [`eval rows.jsonl --thresholds-out thresholds.json --max-false-positive-rate 0.01`, "thresholds for a service"],
      [`eval openai-moderation --model google/shieldgemma-2b --paper 2b`, "the paper's row, checked within .01"],
      [`eval --monitor reports.jsonl --reference june.jsonl`, "what a service's guard did, and how that has changed"],
    ],
  },
  async (console, file, values) => {
    if (values.monitor === true) {
      const { runMonitoring } = await import("../evaluation/monitoring/runMonitoring.ts")
      return runMonitoring(console, file, values)
    }
    const { runEvaluation } = await import("../evaluation/runEvaluation.ts")
    return runEvaluation(console, file, values)
  },
)
