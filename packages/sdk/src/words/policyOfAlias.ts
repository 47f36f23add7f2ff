/**
 * What others call ShieldGemma's policies: OpenAI's moderation categories, and the hazards of MLCommons by their code, by their
 * number in Llama Guard and by their name. Only those that ShieldGemma's guidelines name map; the others are told as such.
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

/** Code, number in Llama Guard 3, name. Source: MLCommons AILuminate 1.0; Llama Guard 3's model card. */
const hazards: ReadonlyArray<readonly [code: string, number: string, name: string, policy: PolicyId | undefined]> = [
  ["vcr", "S1", "violent_crimes", "dangerous_content"],
  ["ncr", "S2", "nonviolent_crimes", undefined],
  ["src", "S3", "sex_related_crimes", undefined],
  ["cse", "S4", "child_sexual_exploitation", undefined],
  ["dfm", "S5", "defamation", undefined],
  ["spc", "S6", "specialized_advice", undefined],
  ["prv", "S7", "privacy", undefined],
  ["ipv", "S8", "intellectual_property", undefined],
  ["iwp", "S9", "indiscriminate_weapons", "dangerous_content"],
  ["hte", "S10", "hate", "hate_speech"],
  ["ssh", "S11", "suicide_self_harm", "dangerous_content"],
  ["sxc", "S12", "sexual_content", "sexually_explicit"],
  ["ele", "S13", "elections", undefined],
  ["cia", "S14", "code_interpreter_abuse", undefined],
]

/** By `openai:CATEGORY`, `mlcommons:CODE`, `mlcommons:S10` and `mlcommons:NAME`; OpenAI's categories also as they are. */
const aliases: ReadonlyMap<string, PolicyId | undefined> = new Map([
  ...Object.entries(openai).flatMap(([name, id]) => [[name, id] as const, [`openai:${name}`, id] as const]),
  ...hazards.flatMap(([code, number, name, id]) =>
    [code, number, name].map((key) => [`mlcommons:${key}`, id] as const),
  ),
])

/** What a name stands for: a policy of ShieldGemma's; `none` where it is known and no guideline covers it. */
export function policyOfAlias(name: string): PolicyId | "none" | undefined {
  if (!aliases.has(name)) return undefined
  return aliases.get(name) ?? "none"
}
