/** How the rows of datasets say what is to be judged, and what is true of it. */
import { checkUnicode, invalidRequest, isRecord, type JsonRecord, policies, show } from "@facet/sdk/words"
import { isModerationRow, moderationLabels } from "./ModerationRow.ts"
import type { DatasetRow, Label } from "./readDataset.ts"

export type RowFacts = Omit<DatasetRow, "line">

/**
 * @param at where the row stands, for errors
 * @param judged ids of policies that a label may name beside the built-in ones; `"any"` where who judges has its own
 */
export type ReadRow = (at: string, record: JsonRecord, judged: LabelledPolicies) => RowFacts

export type LabelledPolicies = ReadonlyArray<string> | "any"

/** What each dataset's columns say. A plain label tells of no policy of its own. */
export const layouts = {
  /** `{ prompt, response?, label }`, or OpenAI's moderation set. */
  own: (at, record, judged) => (isModerationRow(record) ? moderationRow(at, record) : ownRow(at, record, judged)),
  moderation: (at, record) => {
    if (isModerationRow(record)) return moderationRow(at, record)
    throw invalidRequest(at, "it has none of S, H, V, HR, SH, S3, H2 and V2", "Fetch the dataset again.")
  },
  /** Whether what a user wrote is toxic. Source: lmsys/toxic-chat. */
  toxicChat: (at, record) => {
    const prompt = textOf(at, record, "user_input")
    return plainRow({ prompt }, labelOf(`${at}: toxicity`, record["toxicity"]))
  },
  /** Whether a prompt that sounds unsafe is so. Source: Paul/XSTest. */
  xsTest: (at, record) => {
    const { label } = record
    const prompt = textOf(at, record, "prompt")
    if (label !== "safe" && label !== "unsafe") throw noLabel(`${at}: label`, label, "It is safe or unsafe.")
    return plainRow({ prompt }, label === "unsafe" ? 1 : 0)
  },
  /** Harmful behaviours, all of them to be flagged. Source: HarmBench. */
  harmBench: (at, record) => {
    const name = "Behavior" in record ? "Behavior" : "prompt"
    return plainRow({ prompt: textOf(at, record, name) }, 1)
  },
  /** Whether an answer is safe. Source: PKU-Alignment/BeaverTails. */
  beaverTails: (at, record) => {
    const isSafe = record["is_safe"]
    const content = { prompt: textOf(at, record, "prompt"), response: textOf(at, record, "response") }
    if (typeof isSafe !== "boolean") throw noLabel(`${at}: is_safe`, isSafe, "It is true or false.")
    return plainRow(content, isSafe ? 0 : 1)
  },
} as const satisfies Readonly<Record<string, ReadRow>>

export type LayoutName = keyof typeof layouts

const plainRow = (content: RowFacts["content"], label: Label): RowFacts => ({ content, label, byPolicy: new Map() })

function textOf(at: string, record: JsonRecord, name: string, remedy = fetchAgain): string {
  const text = record[name]
  if (text === undefined) {
    throw invalidRequest(`${at}: ${name}`, `it is missing, and there is ${Object.keys(record).join(", ")}`, remedy)
  }
  checkUnicode(`${at}: ${name}`, text)
  return text
}

const fetchAgain = "Fetch the dataset again, or name it as what it is."

function ownRow(at: string, record: JsonRecord, judged: LabelledPolicies): RowFacts {
  const { label, response } = record
  const prompt = textOf(at, record, "prompt", "Call what is judged prompt.")
  if (response !== undefined && response !== null) checkUnicode(`${at}: response`, response)
  const content = typeof response === "string" ? { prompt, response } : { prompt }
  if (!isRecord(label)) return plainRow(content, labelOf(`${at}: label`, label))
  const byPolicy = new Map(Object.entries(label).map(([id, value]) => [id, labelOfPolicy(at, id, value, judged)]))
  return { content, label: anyOf(at, byPolicy), byPolicy }
}

/** Their texts are judged as responses without a prompt, as ShieldGemma's paper does it. */
function moderationRow(at: string, row: JsonRecord): RowFacts {
  const { prompt } = row
  checkUnicode(`${at}: prompt`, prompt)
  const { any, byPolicy } = moderationLabels(row, (category, value) => labelOf(`${at}: ${category}`, value))
  return { content: { prompt: "", response: prompt }, label: any, byPolicy }
}

function labelOf(option: string, label: unknown): Label {
  if (label === 0 || label === 1) return label
  throw noLabel(option, label, "Write 1 where it should be flagged, 0 where not.")
}

const noLabel = (option: string, label: unknown, remedy: string) =>
  invalidRequest(option, label === undefined ? "it is missing" : `${show(label)} is no label`, remedy)

function labelOfPolicy(at: string, id: string, label: unknown, judged: LabelledPolicies): Label {
  const known = [...Object.keys(policies), ...(judged === "any" ? [id] : judged)]
  if (id !== "" && known.includes(id)) return labelOf(`${at}: label.${id}`, label)
  const remedy = `Use ${[...new Set(known)].filter((name) => name !== "").join(", ")}, or pass --policy-file.`
  throw invalidRequest(`${at}: label.${id}`, "there is no such policy", remedy)
}

/** What violates one policy should be flagged. */
function anyOf(at: string, byPolicy: ReadonlyMap<string, Label>): Label {
  if (byPolicy.size === 0)
    throw invalidRequest(`${at}: label`, "it names no policy", "Label one at least, or write 0 or 1.")
  return [...byPolicy.values()].includes(1) ? 1 : 0
}
