/** What a running service told of its guarded calls: what `onReport` was given, one JSON object a line. */
import { readFile } from "node:fs/promises"
import { invalidRequest, isRecord, type JsonRecord, parseJson, type PolicyVerdict, show } from "@facet/sdk/words"
import { jsonLines } from "../readRecords.ts"
import type { Label } from "../readDataset.ts"

export type Side = "input" | "output"
export const sides = ["input", "output"] as const satisfies ReadonlyArray<Side>

export interface CallReport {
  readonly line: number
  readonly outcome: string
  /** Why it was blocked: `flagged` or `failed`. */
  readonly blocked: string | undefined
  readonly verdicts: Readonly<Record<Side, ReadonlyArray<PolicyVerdict>>>
  readonly leakedCharacters: number
  readonly firstDelayMs: number | undefined
  /** What a person has found of the call afterwards: 1 where it should have been flagged. */
  readonly label: Label | undefined
}

const outcomes: ReadonlyArray<unknown> = ["done", "blocked", "failed", "aborted"]

/** @throws InvalidRequestError that names the line */
export async function readReports(option: string, file: string): Promise<ReadonlyArray<CallReport>> {
  const text = await readFile(file, "utf8").catch((cause: Error) => {
    throw invalidRequest(option, `${file} cannot be read (${cause.message})`, "Name a JSONL file of reports.")
  })
  const reports = [...jsonLines(wholeLines(text), remedy)].map(({ place, record }) =>
    reportOf(`${file}, line ${place}`, place, record),
  )
  if (reports.length === 0) throw invalidRequest(option, `there is no report in ${file}`, remedy)
  return reports
}

/** A service that runs may be in the middle of its last line. */
function wholeLines(text: string): string {
  const last = text.slice(text.lastIndexOf("\n") + 1)
  return parseJson(last) === undefined ? text.slice(0, text.length - last.length) : text
}

const remedy = "Write what `onReport` is given, as JSON.stringify(report), a line each."

function reportOf(at: string, line: number, record: JsonRecord): CallReport {
  const { blocked, firstDelayMs, label, leakedCharacters, outcome, verdicts } = record
  if (!outcomes.includes(outcome)) throw invalidRequest(`${at}: outcome`, `${show(outcome)} is none`, remedy)
  if (!isRecord(verdicts)) throw invalidRequest(`${at}: verdicts`, "it is no object", remedy)
  if (label !== undefined && label !== 0 && label !== 1) {
    throw invalidRequest(
      `${at}: label`,
      `${show(label)} is no label`,
      "Write 1 where it should be flagged, 0 where not.",
    )
  }
  return {
    line,
    // It is one of them.
    outcome: outcome as string,
    blocked: isRecord(blocked) && typeof blocked["reason"] === "string" ? blocked["reason"] : undefined,
    verdicts: {
      input: policiesOf(`${at}: verdicts.input`, verdicts["input"]),
      output: policiesOf(`${at}: verdicts.output`, verdicts["output"]),
    },
    leakedCharacters: typeof leakedCharacters === "number" ? leakedCharacters : 0,
    firstDelayMs: typeof firstDelayMs === "number" ? firstDelayMs : undefined,
    label,
  }
}

function policiesOf(at: string, verdict: unknown): ReadonlyArray<PolicyVerdict> {
  if (verdict === undefined) return []
  const policies = isRecord(verdict) ? verdict["policies"] : undefined
  if (!Array.isArray(policies)) throw invalidRequest(at, "it is no verdict", remedy)
  return policies.map((entry: unknown) => {
    const { flagged, policy, probability, threshold } = isRecord(entry) ? entry : {}
    const isKnown =
      typeof policy === "string" && typeof flagged === "boolean" && isShare(probability) && isShare(threshold)
    if (!isKnown) throw invalidRequest(`${at}.policies`, `${show(entry)} is no policy's verdict`, remedy)
    return { policy, probability, threshold, flagged }
  })
}

const isShare = (value: unknown): value is number => typeof value === "number" && value >= 0 && value <= 1
