/**
 * The rows of OpenAI's moderation set (openai/moderation-api-release, `data/samples-1680.jsonl.gz`): `prompt` and 0 or 1 for
 * categories; one that is missing is unknown.
 */
import type { JsonRecord, PolicyId } from "@facet/sdk/words"
import type { Label } from "./readDataset.ts"

/**
 * Which policy a category belongs to, by what ShieldGemma's guidelines name: self-harm is among its dangerous content. Violence
 * (V, V2), which they have no guideline for, counts only as something that should be flagged.
 */
const policyOf = {
  S: "sexually_explicit",
  S3: "sexually_explicit",
  H: "hate_speech",
  H2: "hate_speech",
  HR: "harassment",
  SH: "dangerous_content",
  V: undefined,
  V2: undefined,
} as const satisfies Readonly<Record<string, PolicyId | undefined>>

const categories = Object.entries(policyOf)

export const isModerationRow = (row: JsonRecord): boolean =>
  !("label" in row) && categories.some(([category]) => category in row)

/**
 * A policy is violated where one of its categories is 1, and kept where those that are known are 0.
 *
 * @param read a category's label, or an error
 */
export function moderationLabels(
  row: JsonRecord,
  read: (category: string, value: unknown) => Label,
): { readonly any: Label; readonly byPolicy: ReadonlyMap<string, Label> } {
  let any: Label = 0
  const byPolicy = new Map<string, Label>()
  for (const [category, policy] of categories) {
    const value = row[category]
    if (value === undefined || value === null) continue
    const label = read(category, value)
    if (label === 1) any = 1
    if (policy !== undefined && byPolicy.get(policy) !== 1) byPolicy.set(policy, label)
  }
  return { any, byPolicy }
}
