/** What a server takes of a request, by its own names. */
import { invalidRequest } from "../../../words/Errors.ts"
import type { JsonRecord } from "../../../words/Json.ts"
import type { GenerateRequest } from "../../../words/Request.ts"
import { samplingNumberNames, type SamplingNumberName } from "../../../words/Sampling.ts"

export interface Dialect {
  /** Beside those that OpenAI's API has. */
  readonly sampling?: Readonly<Partial<Record<SamplingNumberName, string>>>
  readonly fields?: { readonly minTokens?: string; readonly stopTokens?: string }
  /** What is sent where a request says nothing of it. */
  readonly usual?: JsonRecord
  /** Whether it goes on with a message of the assistant's, as vLLM and SGLang do. */
  readonly continuesMessages?: boolean
  /** Beside `schema`, which all take as `response_format`. */
  readonly constraints?: {
    readonly grammar?: (grammar: string) => JsonRecord
    readonly choices?: (choices: ReadonlyArray<string>) => JsonRecord
  }
  /** Default `/v1/chat/completions`. A server with a path of its own has no completions without a chat. */
  readonly chatPath?: string
}

/**
 * What vLLM and SGLang are told where a request says nothing of it: they would take their filters out of the model's
 * `generation_config.json`, as no engine here does.
 */
export const noFilters: JsonRecord = { top_k: -1, top_p: 1, min_p: 0, repetition_penalty: 1 }

/** Which sampling options a request has, by the server's names. */
export function samplingOf(
  request: GenerateRequest,
  names: Readonly<Partial<Record<SamplingNumberName, string>>>,
): JsonRecord {
  const fields: Record<string, unknown> = {}
  for (const name of samplingNumberNames) {
    const value = request[name]
    if (value === undefined) continue
    const field = names[name]
    if (field === undefined) throw notHonoured(name)
    fields[field] = value
  }
  return fields
}

/**
 * What no server can do, and none of these: never left out in silence.
 *
 * @throws InvalidRequestError that names the option
 */
export function checkHonoured(
  { continueFinalMessage, interventions = [], minTokens = 0, stopTokens = [], traces }: GenerateRequest,
  { continuesMessages = false, fields = {} }: Dialect,
): void {
  const asked: Readonly<Record<string, boolean>> = {
    trace: traces.length > 0,
    interventions: interventions.length > 0,
    continueFinalMessage: continueFinalMessage === true && !continuesMessages,
    minTokens: minTokens > 0 && fields.minTokens === undefined,
    stopTokens: stopTokens.length > 0 && fields.stopTokens === undefined,
  }
  const [option] = Object.keys(asked).filter((name) => asked[name] === true)
  if (option !== undefined) throw notHonoured(option)
}

export const notHonoured = (option: string) =>
  invalidRequest(option, "the server has nothing for it", "Leave it out, or open the model on this machine.")
