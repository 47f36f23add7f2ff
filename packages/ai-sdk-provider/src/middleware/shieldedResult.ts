/** A guarded answer as the AI SDK's result. */
import type {
  LanguageModelV4Content,
  LanguageModelV4CustomContent,
  LanguageModelV4GenerateResult,
  LanguageModelV4Usage,
} from "@ai-sdk/provider"
import type { FrameText, RedactedText } from "@facet/sdk"
import { type Blocked, type GuardPart, type GuardReport, facetFailure, facetVerdict } from "@facet/sdk/words"
import type { Reader } from "./Reader.ts"
import type { ShieldMiddlewareOptions } from "./ShieldMiddlewareOptions.ts"
import { blockedPart, blockedReason, type FailedPart, metadataOf, replacementOf } from "./ShieldOutcome.ts"

type Result = LanguageModelV4GenerateResult

/** What the model answered, where it was asked, and what it used. */
export interface Told {
  readonly result: Result | undefined
  readonly usage: LanguageModelV4Usage
}

/** Of an answer that was blocked no word is left. */
export async function shieldedResult(
  parts: ReadonlyArray<GuardPart<Result>>,
  told: Told,
  { onBlocked }: Pick<ShieldMiddlewareOptions, "onBlocked">,
): Promise<Result> {
  const report = parts.findLast((part) => part.type === "report")?.report
  const result = parts.find((part) => part.type === "value")?.value
  if (report === undefined) throw new Error("A guarded answer ended without its report.")
  const failures = parts.filter((part) => part.type === "failure")
  const { blocked } = report
  if (blocked !== undefined) {
    const replacement = await replacementOf(blocked, onBlocked)
    return blockedResult({ blocked, failures, replacement, report, ...told })
  }
  if (result === undefined) throw new Error("A guarded answer was neither blocked nor let out.")
  const { input, output } = report.verdicts
  return {
    ...result,
    content: [
      ...(input === undefined ? [] : [facetVerdict({ of: "input", verdict: input })]),
      ...result.content,
      ...failures.map(facetFailure),
      ...(output === undefined ? [] : [facetVerdict({ of: "output", verdict: output })]),
    ],
    providerMetadata: metadataOf(report, failures, result.providerMetadata),
  }
}

/**
 * The answer without what is cut out of it; undefined where it cannot be said so. What a provider tells beside it, such as the
 * body as it came and the probabilities of its tokens, spells what was cut out, and is left out.
 */
export function redactedResult(
  result: Result,
  texts: ReadonlyArray<FrameText>,
  redacted: ReadonlyArray<RedactedText>,
  { JsonRedaction }: Pick<Reader, "JsonRedaction">,
): Result | undefined {
  const { content, structuredOutputText } = result
  const told = { content, structuredOutputText }
  const said = new JsonRedaction().apply(told, texts, redacted)
  if (said === undefined || said === told) return said && result
  const { providerMetadata: _metadata, response: _response, structuredOutputText: _text, ...rest } = result
  const { structuredOutputText: text } = said
  return {
    ...rest,
    content: said.content,
    ...(text !== undefined && { structuredOutputText: text }),
    ...responseOf(result),
  }
}

interface BlockedAnswer extends Told {
  readonly blocked: Blocked
  readonly report: GuardReport
  readonly failures: ReadonlyArray<FailedPart>
  readonly replacement: string
}

function blockedResult({ blocked, failures, replacement, report, result, usage }: BlockedAnswer): Result {
  const { input } = report.verdicts
  const said: ReadonlyArray<LanguageModelV4Content> = replacement === "" ? [] : [{ type: "text", text: replacement }]
  const asides: ReadonlyArray<LanguageModelV4CustomContent> = [
    ...(input === undefined || blocked.of === "input" ? [] : [facetVerdict({ of: "input", verdict: input })]),
    ...failures.map(facetFailure),
    blockedPart(blocked),
  ]
  return {
    content: [...asides, ...said],
    finishReason: blockedReason,
    usage,
    warnings: result?.warnings ?? [],
    providerMetadata: metadataOf(report, failures),
    ...(result?.request === undefined ? {} : { request: result.request }),
    ...responseOf(result),
  }
}

/** Its body is the answer. */
function responseOf(result: Result | undefined): Pick<Result, "response"> {
  if (result?.response === undefined) return {}
  const { body: _body, ...response } = result.response
  return { response }
}
