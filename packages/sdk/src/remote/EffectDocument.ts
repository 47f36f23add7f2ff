/** What a server is asked of an effect: `{ [subject]: …, options?: … }`. */
import { isRecord } from "../words/Json.ts"
import type { CalibrateOptions, LabelledExample } from "../words/Calibration.ts"
import type { Content, ShieldOptions } from "../words/Content.ts"
import type { ContrastOptions, ContrastPair } from "../words/Contrast.ts"
import type { DecideOptions } from "../words/Decision.ts"
import type { EmbedOptions } from "../words/Embedding.ts"
import { invalidRequest } from "../words/Errors.ts"
import type { FeatureSearchOptions } from "../words/FeatureSearch.ts"
import type { GenerateOptions } from "../words/GenerateOptions.ts"
import type { FeatureLogitsOptions, LensOptions } from "../words/Lens.ts"
import type { Generation } from "../words/Generation.ts"
import type { Prompt, TokenPrompt } from "../words/Prompt.ts"
import type { Questions } from "../words/Question.ts"
import type { EncodeOptions, RenderOptions } from "../words/RenderedPrompt.ts"
import type { ScoreOptions } from "../words/Score.ts"
import type { InspectAllOptions, InspectOptions } from "../words/Trace.ts"
import { checkSendable } from "./checkSendable.ts"
import type { EffectName } from "./routes.ts"

export interface Requests {
  readonly generate: EffectRequest<Prompt, GenerateOptions>
  readonly shield: EffectRequest<Content, ShieldOptions>
  readonly inspect: EffectRequest<string | TokenPrompt | Generation, InspectOptions>
  readonly inspectAll: EffectRequest<string | TokenPrompt | Generation, InspectAllOptions>
  readonly lens: EffectRequest<string | TokenPrompt, LensOptions>
  readonly featureLogits: EffectRequest<ReadonlyArray<number>, Omit<FeatureLogitsOptions, "features">>
  readonly contrast: EffectRequest<ReadonlyArray<ContrastPair>, ContrastOptions>
  readonly decide: EffectRequest<string, DecideOptions & { readonly questions: Questions }>
  readonly calibrate: EffectRequest<Questions, CalibrateOptions & { readonly examples: ReadonlyArray<LabelledExample> }>
  readonly score: EffectRequest<string | TokenPrompt, ScoreOptions>
  readonly embed: EffectRequest<string, EmbedOptions>
  readonly searchFeatures: EffectRequest<string, FeatureSearchOptions>
  readonly "tokens.count": EffectRequest<Prompt, RenderOptions>
  readonly "tokens.encode": EffectRequest<string, EncodeOptions>
  readonly "tokens.decode": EffectRequest<ReadonlyArray<number>, object>
  readonly "tokens.render": EffectRequest<Prompt, RenderOptions>
}

/** What an effect is about, and how it is asked. */
export interface EffectRequest<Subject, Options> {
  readonly subject: Subject
  readonly options: Options
  /** See `CallOptions`. */
  readonly cacheSalt?: string | undefined
}

/** The field that holds the subject. */
const subjectNames = {
  generate: "prompt",
  shield: "content",
  inspect: "text",
  inspectAll: "text",
  lens: "text",
  featureLogits: "features",
  contrast: "pairs",
  decide: "state",
  calibrate: "questions",
  score: "text",
  embed: "text",
  searchFeatures: "query",
  "tokens.count": "prompt",
  "tokens.encode": "text",
  "tokens.decode": "ids",
  "tokens.render": "prompt",
} as const satisfies Readonly<Record<EffectName, string>>

/**
 * @returns the body of a request.
 * @throws InvalidRequestError for what JSON cannot say.
 */
export function effectToJson<Name extends EffectName>(
  effect: Name,
  { cacheSalt, options, subject }: Requests[Name],
): string {
  const name = subjectNames[effect]
  const sent = sentSubject(effect, subject)
  checkSendable(name, sent)
  const sentOptions = withoutRuns(withPlainVectors(options))
  checkSendable("", sentOptions)
  return JSON.stringify({ [name]: sent, options: sentOptions, cacheSalt })
}

/** Vectors travel as lists, and are the same when they are read: each number of a Float32Array is one of JSON's. */
function withPlainVectors(options: object): object {
  const interventions = "interventions" in options ? options.interventions : undefined
  if (!Array.isArray(interventions)) return options
  const plain = interventions.map((one: unknown) => {
    const vector = isRecord(one) ? one["vector"] : undefined
    return isRecord(one) && vector instanceof Float32Array ? { ...one, vector: [...vector] } : one
  })
  return { ...options, interventions: plain }
}

/** What a tool does stays with whoever runs it: a model is told its name, its words and its parameters. */
function withoutRuns(options: object): object {
  const tools = "tools" in options ? options.tools : undefined
  if (!Array.isArray(tools)) return options
  const told = tools.map((tool: unknown) => {
    const { run, ...rest } = isRecord(tool) ? tool : { run: undefined }
    return typeof run === "function" ? rest : tool
  })
  return { ...options, tools: told }
}

/** Of a generation goes along what is judged, or traced; a trace of thousands of tokens stays here. */
function sentSubject(effect: EffectName, subject: unknown): unknown {
  const isGeneration = isRecord(subject) && "finishReason" in subject
  if (!isGeneration) return subject
  const { finishReason, prompt, text, tokens } = subject
  if (effect === "shield") return { finishReason, prompt, text }
  return effect === "inspect" || effect === "inspectAll" ? { finishReason, tokens } : subject
}

/** Facet's own arguments, which must not come from outside. */
const reserved = ["signal", "prompt", "cacheSalt", "client"]

/**
 * Reads the outer form. What the subject and the options hold is checked by Facet, which takes nothing on trust.
 *
 * @throws InvalidRequestError that names the field that is wrong.
 * @example
 * const { options, subject } = effectFromJson("shield", await request.json())
 * const verdict = await facet.shield(subject, options)
 */
export function effectFromJson<Name extends EffectName>(effect: Name, body: unknown): Requests[Name] {
  const name = subjectNames[effect]
  const names: ReadonlyArray<string> = [name, "options", "cacheSalt"]
  if (!isRecord(body)) throw invalidRequest("body", "it is no object", `Send a JSON object of ${names.join(" and ")}.`)
  const unknown = Object.keys(body).find((key) => !names.includes(key))
  if (unknown !== undefined) throw invalidRequest(unknown, "there is no such field", `There are: ${names.join(", ")}.`)
  const { cacheSalt, [name]: subject, options = {} } = body
  if (cacheSalt !== undefined && typeof cacheSalt !== "string") {
    throw invalidRequest("cacheSalt", "it is no text", "Send a text, or leave it out.")
  }
  if (!isRecord(options)) throw invalidRequest("options", "it is no object", "Send an object, or leave it out.")
  const taken = reserved.find((key) => Object.hasOwn(options, key))
  if (taken !== undefined) throw invalidRequest(taken, "there is no such option", "Leave it out.")
  // Facet checks both itself, at run time, as it does for callers without types.
  return { subject, options, ...(cacheSalt !== undefined && { cacheSalt }) } as Requests[Name]
}
