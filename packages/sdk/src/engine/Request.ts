/** What an engine is asked, as it travels to the engine's thread. Ranges are checked there, where the model is known. */
import * as Schema from "effect/Schema"
import { Prompt } from "../Prompt.ts"
import { siteNames } from "../graph/Sites.ts"

const optional = <S extends Schema.Top>(schema: S) => Schema.optional(schema)

/** A policy with its words, so that one that an app defined itself travels like the released ones. */
const PolicyText = Schema.Struct({
  id: Schema.String,
  harm: Schema.String,
  promptGuideline: Schema.String,
  responseGuideline: Schema.String,
  threshold: Schema.Number,
})

/** A model folder, and what it is opened for. */
export const ModelRef = Schema.Struct({
  folder: Schema.String,
  /** A guard computes two logits instead of the whole vocabulary's. */
  use: Schema.Literals(["text", "guard"]),
  /** The folder or file of its sparse autoencoders. */
  scope: optional(Schema.String),
  /** Where those belong, when their paths do not say it. */
  site: optional(Schema.Literals(siteNames)),
  layer: optional(Schema.Number),
})
export type ModelRef = typeof ModelRef.Type

/** A site whose features are wanted; what is left out is chosen from the autoencoders that are there. */
export const TraceRequest = Schema.Struct({
  layer: optional(Schema.Number),
  site: optional(Schema.Literals(siteNames)),
  /** Features a token, strongest first. Default 5. */
  topK: optional(Schema.Number),
})
export type TraceRequest = typeof TraceRequest.Type

export const GenerateRequest = Schema.Struct({
  model: ModelRef,
  prompt: Prompt,
  template: optional(Schema.Literals(["chat", "none"])),
  maxTokens: optional(Schema.Number),
  temperature: optional(Schema.Number),
  topK: optional(Schema.Number),
  topP: optional(Schema.Number),
  minP: optional(Schema.Number),
  repetitionPenalty: optional(Schema.Number),
  presencePenalty: optional(Schema.Number),
  frequencyPenalty: optional(Schema.Number),
  logitBias: optional(Schema.Record(Schema.String, Schema.Number)),
  seed: optional(Schema.Number),
  stop: optional(Schema.Array(Schema.String)),
  traces: Schema.Array(TraceRequest),
  /** How many alternatives come with each token's log-probability; left out when nobody asked for any. */
  logprobs: optional(Schema.Number),
})
export type GenerateRequest = typeof GenerateRequest.Type

export const ClassifyRequest = Schema.Struct({
  model: ModelRef,
  prompt: optional(Schema.String),
  response: optional(Schema.String),
  policies: Schema.Array(PolicyText),
  /** Whether it judges for a generation that is under way, which holds a place in the queue for both. */
  isNested: Schema.Boolean,
})
export type ClassifyRequest = typeof ClassifyRequest.Type

export const InspectRequest = Schema.Struct({
  model: ModelRef,
  /** A text, taken raw, or tokens as a generation gives them. */
  text: Schema.Union([Schema.String, Schema.Array(Schema.Int)]),
  layer: optional(Schema.Number),
  site: optional(Schema.Literals(siteNames)),
  topK: optional(Schema.Number),
  activations: Schema.Boolean,
})
export type InspectRequest = typeof InspectRequest.Type

export const ScoreRequest = Schema.Struct({ model: ModelRef, text: Schema.String })
export type ScoreRequest = typeof ScoreRequest.Type

export const EmbedRequest = Schema.Struct({
  model: ModelRef,
  text: Schema.String,
  layer: optional(Schema.Number),
})
export type EmbedRequest = typeof EmbedRequest.Type

/** How far the opening of a model has come. */
export const Progress = Schema.Struct({
  /** `files`: reading and checking; `session`: ONNX Runtime takes the weights; `ready`. */
  phase: Schema.Literals(["files", "session", "ready"]),
  model: Schema.String,
  /** The file that was read last. */
  file: Schema.String,
  loadedBytes: Schema.Finite,
  totalBytes: Schema.Finite,
})
export type Progress = typeof Progress.Type

/** What the engine holds. */
export const EngineStats = Schema.Struct({
  /** Requests that run or wait. */
  requests: Schema.Int,
  /** Sequences in the prefix caches, and their size. */
  cachedSequences: Schema.Int,
  cachedBytes: Schema.Finite,
})
export type EngineStats = typeof EngineStats.Type
