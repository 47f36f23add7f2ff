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

/** By `openai:CATEGORY`, `mlcommons:CODE` and `mlcommons:S10`; OpenAI's categories also as they are. */
const aliases: ReadonlyMap<string, PolicyId | undefined> = new Map([
  ...Object.entries(openai).flatMap(([name, id]) => [[name, id] as const, [`openai:${name}`, id] as const]),
  ...Object.entries(hazards).flatMap(([code, id], i) =>
    [code, `S${i + 1}`].map((key) => [`mlcommons:${key}`, id] as const),
  ),
])

/** What a name stands for: a policy of ShieldGemma's; `none` where it is known and no guideline covers it. */
export function policyOfAlias(name: string): PolicyId | "none" | undefined {
  if (!aliases.has(name)) return undefined
  return aliases.get(name) ?? "none"
}
