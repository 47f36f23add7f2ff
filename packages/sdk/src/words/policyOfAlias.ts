/**
 * What others call ShieldGemma's policies: OpenAI's moderation categories, and the hazards of MLCommons by their code and by
 * their number in Llama Guard. Only those that ShieldGemma's guidelines name map; the others are told as such.
 */
import type { PolicyId } from "./ReleasedPolicies.ts"

/** Source: OpenAI's API reference, `POST /v1/moderations`. `illicit` goes beyond harm to people, which no guideline does. */
const openai = {
  harassment: "harassment",
  "harassment/threatening": "harassment",
  hate: "hate_speech",
  "hate/threatening": "hate_speech",
  illicit: undefined,
  "illicit/violent": "dangerous_content",
  "self-harm": "dangerous_content",
  "self-harm/instructions": "dangerous_content",
  "self-harm/intent": "dangerous_content",
  sexual: "sexually_explicit",
  "sexual/minors": "sexually_explicit",
  violence: "violence",
  "violence/graphic": "violence",
} as const satisfies Readonly<Record<string, PolicyId | undefined>>

/** By code, in the order of their numbers in Llama Guard 3. Source: MLCommons AILuminate 1.0; Llama Guard 3's model card. */
const hazards = {
  vcr: "dangerous_content",
  ncr: undefined,
  src: undefined,
  cse: undefined,
  dfm: undefined,
  spc: undefined,
  prv: undefined,
  ipv: undefined,
  iwp: "dangerous_content",
  hte: "hate_speech",
  ssh: "dangerous_content",
  sxc: "sexually_explicit",
  ele: undefined,
  cia: undefined,
} as const satisfies Readonly<Record<string, PolicyId | undefined>>

/**
 * What a name stands for: `openai:CATEGORY`, `mlcommons:CODE` or `mlcommons:S10`; OpenAI's categories also as they are.
 *
 * @returns a policy of ShieldGemma's; `none` where the name is known and no guideline covers it.
 */
export function policyOfAlias(name: string): PolicyId | "none" | undefined {
  const [, whose, bare = ""] = /^(?:(openai|mlcommons):)?(.*)$/s.exec(name) ?? []
  const table: Readonly<Record<string, PolicyId | undefined>> = whose === "mlcommons" ? hazards : openai
  const number = whose === "mlcommons" && /^S\d+$/.test(bare) ? Number(bare.slice(1)) : 0
  const key = number > 0 ? (Object.keys(hazards)[number - 1] ?? "") : bare
  return Object.hasOwn(table, key) ? (table[key] ?? "none") : undefined
}
