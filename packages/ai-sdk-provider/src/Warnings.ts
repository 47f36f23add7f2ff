/** Warnings for options that mean nothing to a model in this process. */
import type { LanguageModelV4CallOptions, SharedV4Warning } from "@ai-sdk/provider"

export function warnOfReasoning(
  reasoning: LanguageModelV4CallOptions["reasoning"],
  warnings: Array<SharedV4Warning>,
): void {
  if (reasoning === undefined || reasoning === "provider-default" || reasoning === "none") return
  warnings.push({ type: "unsupported", feature: "reasoning", details: "Gemma 2 does not reason before it answers." })
}

/** The AI SDK adds its own `user-agent` to every call: that one is nobody's wish. */
export function warnOfHeaders(
  headers: Readonly<Record<string, string | undefined>> | undefined,
  warnings: Array<SharedV4Warning>,
): void {
  const names = Object.entries(headers ?? {})
    .filter(([name, value]) => value !== undefined && !(name.toLowerCase() === "user-agent" && /^ai\/\S+$/.test(value)))
    .map(([name]) => name)
  if (names.length === 0) return
  const details = `${names.join(", ")}: nothing is sent over a network.`
  warnings.push({ type: "unsupported", feature: "headers", details })
}
