import type { LanguageModelV4CallOptions, SharedV4Warning } from "@ai-sdk/provider"
import type { ChatMessage, GenerateOptions } from "@facet/sdk/words"
import { facetPath } from "./OptionNames.ts"
import { readLanguageModelOptions } from "./ProviderOptions.ts"
import { toPrompt } from "./toPrompt.ts"
import { toTools } from "./toTools.ts"
import { warnOfHeaders, warnOfReasoning } from "./Warnings.ts"

export interface GenerateRequest {
  readonly prompt: ReadonlyArray<ChatMessage>
  readonly options: GenerateOptions
  readonly warnings: Array<SharedV4Warning>
}

/**
 * What Facet is asked for a call of the AI SDK. Every option of the call is either in the request or in a warning.
 *
 * @throws InvalidArgumentError for `providerOptions.facet` that is wrong
 * @throws UnsupportedFunctionalityError for a prompt with more than text and tools
 */
export function toGenerateRequest(call: LanguageModelV4CallOptions): GenerateRequest {
  const warnings: Array<SharedV4Warning> = []
  const own = readLanguageModelOptions(call.providerOptions)
  const { frequencyPenalty, presencePenalty, seed, stopSequences, temperature, topK, topP } = call
  warnOfGreedy({ topK, topP, [`${facetPath}.minP`]: own.minP }, temperature, warnings)
  warnOfReasoning(call.reasoning, warnings)
  warnOfHeaders(call.headers, warnings)
  const options: GenerateOptions = {
    ...own,
    schema: schemaOf(call),
    ...toTools(call, warnings),
    maxTokens: call.maxOutputTokens,
    temperature,
    topK,
    topP,
    presencePenalty,
    frequencyPenalty,
    seed,
    stop: stopSequences === undefined || stopSequences.length === 0 ? undefined : stopSequences,
  }
  return { prompt: toPrompt(call.prompt, warnings, own.continueFinalMessage), options, warnings }
}

/** Without a temperature the most probable token is taken, whatever would have been filtered out. */
function warnOfGreedy(
  filters: Readonly<Record<string, number | undefined>>,
  temperature: number | undefined,
  warnings: Array<SharedV4Warning>,
): void {
  if (temperature !== undefined && temperature !== 0) return
  for (const [feature, value] of Object.entries(filters)) {
    if (value === undefined) continue
    const details = "It has no effect: without a temperature above 0 the most probable token is chosen."
    warnings.push({ type: "unsupported", feature, details })
  }
}

/** JSON without a schema is a document: an object or a list, and not a mere number. */
const anyDocument = { type: ["object", "array"] }

/** What `Output.object`, `array`, `choice` and `json` ask for; the AI SDK itself makes values of the text. */
function schemaOf({ responseFormat }: LanguageModelV4CallOptions): GenerateOptions["schema"] {
  if (responseFormat?.type !== "json") return undefined
  const { schema } = responseFormat
  // A JSON Schema's type has no index, though it is plain data.
  return schema === undefined ? anyDocument : { ...(schema as object) }
}
