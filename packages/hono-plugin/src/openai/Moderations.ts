/** ShieldGemma behind the form of OpenAI's moderations. */
import type { Facet } from "@facet/sdk"
import type { PolicyId, Verdict } from "@facet/sdk/words"
import { badRequest } from "./ApiError.ts"
import { readTextPart } from "./readChatRequest.ts"
import type { Exchange } from "../Exchange.ts"
import { RequestFields } from "./RequestFields.ts"

export interface ModerationJob {
  readonly model: string | undefined
  readonly texts: ReadonlyArray<string>
}

/**
 * OpenAI's categories, and the policy of ShieldGemma that judges the like. Those with `undefined` are in every answer,
 * so that clients find them, and are never judged: no score of theirs means anything.
 */
export const categories = {
  harassment: "harassment",
  "harassment/threatening": undefined,
  hate: "hate_speech",
  "hate/threatening": undefined,
  /** Instructions for doing harm, to others or oneself: the nearest to ShieldGemma's dangerous content. */
  illicit: "dangerous_content",
  "illicit/violent": undefined,
  "self-harm": undefined,
  "self-harm/instructions": undefined,
  "self-harm/intent": undefined,
  sexual: "sexually_explicit",
  "sexual/minors": undefined,
  violence: undefined,
  "violence/graphic": undefined,
} as const satisfies Readonly<Record<string, PolicyId | undefined>>

/** @throws ApiError that names the field that is wrong. */
export function readModerationRequest(body: unknown, mostTexts: number): ModerationJob {
  const fields = new RequestFields(body)
  const job: ModerationJob = { model: fields.text("model"), texts: readInput(fields.value("input"), mostTexts) }
  fields.finish()
  return job
}

function readInput(input: unknown, mostTexts: number): ReadonlyArray<string> {
  if (input === undefined) throw badRequest("input", "it is missing.", "missing_required_parameter")
  const list: ReadonlyArray<unknown> = Array.isArray(input) ? input : [input]
  if (list.length === 0) throw badRequest("input", "the list is empty.", "invalid_value")
  if (list.length > mostTexts) {
    throw badRequest("input", `${list.length} texts where at most ${mostTexts} are allowed.`, "invalid_value")
  }
  const texts = list.map((entry, i) => (typeof entry === "string" ? entry : readTextPart(entry, `input[${i}]`)))
  const empty = texts.findIndex((text) => text.trim() === "")
  if (empty >= 0) throw badRequest(Array.isArray(input) ? `input[${empty}]` : "input", "it is empty.", "invalid_value")
  const broken = texts.findIndex((text) => !text.isWellFormed())
  if (broken >= 0) throw badRequest(`input[${broken}]`, "it has half a character: a lone surrogate.", "invalid_value")
  return texts
}

/**
 * Judges text after text, so that a long list takes one place in the queue and not all. Each is judged as a user's,
 * normalised, so that look-alike letters hide nothing.
 */
export async function moderate({ texts }: ModerationJob, model: string, facet: Facet, exchange: Exchange) {
  const guard = facet.guard()
  const results: Array<ModerationResult> = []
  const call = exchange.call()
  for (const text of texts) {
    const verdict = await guard.input(text, call)
    exchange.noteVerdict("input", verdict)
    results.push(resultOf(verdict))
  }
  return { id: `modr-${globalThis.crypto.randomUUID().replaceAll("-", "")}`, model, results }
}

interface ModerationResult {
  readonly flagged: boolean
  readonly categories: Readonly<Record<string, boolean>>
  readonly category_scores: Readonly<Record<string, number>>
  readonly category_applied_input_types: Readonly<Record<string, ReadonlyArray<"text">>>
}

function resultOf({ flagged, policies }: Verdict): ModerationResult {
  const byId = new Map(policies.map((policy) => [policy.policy, policy]))
  const judged = Object.entries(categories).map(([category, id]) => [category, byId.get(id ?? "")] as const)
  // The policies by their own names too; `harassment` is called so in both.
  const all = new Map([...judged, ...byId])
  const field = <A>(read: (policy: Verdict["policies"][number] | undefined) => A): Readonly<Record<string, A>> =>
    Object.fromEntries([...all].map(([name, policy]) => [name, read(policy)]))
  return {
    flagged,
    categories: field((policy) => policy?.flagged ?? false),
    category_scores: field((policy) => policy?.probability ?? 0),
    category_applied_input_types: field((policy) => (policy === undefined ? [] : (["text"] as const))),
  }
}
