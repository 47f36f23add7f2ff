/** What an engine is asked, as it travels to where the engine runs. What depends on the model is checked there. */
import type { LabelledExample } from "./Calibration.ts"
import type { Checksums } from "./Checksums.ts"
import type { Constraint } from "./Constraint.ts"
import type { InterventionRequest } from "./Intervention.ts"
import type { Policy } from "./Policy.ts"
import type { Prompt } from "./Prompt.ts"
import type { ExchangeLines } from "./promptReadings.ts"
import type { Questions } from "./Question.ts"
import type { SamplingOptions } from "./Sampling.ts"
import type { Site, SiteName } from "./Site.ts"
import type { ToldTool } from "./Tool.ts"

/** A model as its engine knows it, and what it is opened for. */
export interface ModelRef {
  /** Its folder, or what else the engine finds it by. */
  readonly source: string
  /** A guard computes two logits instead of the whole vocabulary's. */
  readonly use: "text" | "guard"
  /** A guard whose answers to known questions are not looked at. */
  readonly isTrusted?: true | undefined
  /** What its files must be, where they are downloaded. */
  readonly sha256?: Checksums | undefined
  readonly scopeSha256?: Checksums | undefined
  /** The folder or file of its sparse autoencoders. */
  readonly scope?: string | undefined
  /** Where those belong, when their paths do not say it. */
  readonly site?: SiteName | undefined
  readonly layer?: number | undefined
}

/** A site whose features are wanted; what is left out is chosen from the autoencoders that are there. */
export interface TraceRequest {
  readonly layer?: number | undefined
  readonly site?: SiteName | undefined
  /** Features a token, strongest first. Default 5. */
  readonly topK?: number | undefined
  /** Every site that has an autoencoder. */
  readonly isEvery?: true | undefined
}

/** Whose request it is. */
export interface Asking {
  /** Clients take turns. Left out: the salt says who. */
  readonly client?: string | undefined
  /** Requests of other salts share no prefixes with it. */
  readonly cacheSalt?: string | undefined
}

export interface GenerateRequest extends Asking, Omit<SamplingOptions, "logitBias"> {
  readonly model: ModelRef
  readonly prompt: Prompt
  readonly template?: "chat" | "none" | undefined
  readonly continueFinalMessage?: boolean | undefined
  readonly maxTokens?: number | undefined
  readonly minTokens?: number | undefined
  readonly logitBias?: Readonly<Record<string, number>> | undefined
  readonly stop?: ReadonlyArray<string> | undefined
  readonly stopTokens?: ReadonlyArray<number> | undefined
  /** What the text has to be. */
  readonly constraint?: Constraint | undefined
  /**
   * Where the chat is to be written in the model's own format of tools: what it is told of, which may be none. Then calls and
   * results stand in the messages, and the tokens of the format in the text.
   */
  readonly tools?: ReadonlyArray<ToldTool> | undefined
  readonly traces: ReadonlyArray<TraceRequest>
  /** What reads along while the text is written. Each is of this very model. */
  readonly probes?: ReadonlyArray<Pick<Policy, "id" | "probe">> | undefined
  /** How many alternatives come with each token's log-probability; left out when nobody asked for any. */
  readonly logprobs?: number | undefined
  /** In force over the prompt and all that follows. */
  readonly interventions?: ReadonlyArray<InterventionRequest> | undefined
}

/** Features to be looked for in a guard. */
export interface ReasonFeatures extends TraceRequest {
  readonly topK: number
  /** The model whose autoencoders they are. */
  readonly of: ModelRef
}

export interface JudgeRequest extends Asking {
  readonly model: ModelRef
  readonly prompt?: string | undefined
  readonly response?: string | undefined
  /** In the prompt's place, for an engine that knows the guard's tokens: the messages of a chat, of which the newest that fit count. */
  readonly exchange?: ExchangeLines | undefined
  /** With their words, so that one that an app defined itself travels like the released ones. */
  readonly policies: ReadonlyArray<Policy>
  /** What is told of the reasons of what is flagged; left out, nothing. */
  readonly explain?: { readonly features?: ReasonFeatures } | undefined
  /** Whether it judges for a generation that is under way, which holds a place in the queue for both. */
  readonly isNested: boolean
}

export interface InspectRequest extends Asking {
  readonly model: ModelRef
  /** A text, taken raw, or tokens as a generation gives them. */
  readonly text: string | ReadonlyArray<number>
  readonly layer?: number | undefined
  readonly site?: SiteName | undefined
  readonly topK?: number | undefined
  readonly activations: boolean
  readonly interventions?: ReadonlyArray<InterventionRequest> | undefined
}

export interface ScoreRequest extends Asking {
  readonly model: ModelRef
  /** A text, taken raw, or tokens as they are. */
  readonly text: string | ReadonlyArray<number>
  /** How many of the likeliest tokens come with each place; left out when nobody asked for any. */
  readonly alternatives?: number | undefined
  readonly interventions?: ReadonlyArray<InterventionRequest> | undefined
}

/** Every site that has an autoencoder, out of one run. */
export interface InspectAllRequest extends Omit<InspectRequest, "layer" | "site" | "activations"> {
  /**
   * Instead of features, what these sites hold: a trace of each without tokens, whose activations are one row, `[width]`, of the
   * text's last token or the mean over all but `<bos>`.
   */
  readonly rows?: { readonly sites: ReadonlyArray<Site>; readonly positions: RowPositions } | undefined
}

/** Which tokens a row is made of. */
export type RowPositions = "last" | "mean"

export interface LensRequest extends Asking {
  readonly model: ModelRef
  /** A text, taken raw, or tokens as they are. */
  readonly text: string | ReadonlyArray<number>
  /** Left out: all. */
  readonly layers?: ReadonlyArray<number> | undefined
  readonly topK: number
  readonly interventions?: ReadonlyArray<InterventionRequest> | undefined
}

export interface FeatureLogitsRequest extends Asking {
  readonly model: ModelRef
  readonly features: ReadonlyArray<number>
  readonly layer?: number | undefined
  readonly site?: SiteName | undefined
  readonly topK: number
}

export interface FeatureSearchRequest extends Asking {
  readonly model: ModelRef
  readonly query: string
  readonly layer?: number | undefined
  readonly site?: SiteName | undefined
  readonly topK: number
}

/** Of the questions, a guard answers those that have a policy, and a model that writes the others. */
export interface DecideRequest extends Asking {
  readonly model: ModelRef
  readonly state: string
  readonly questions: Questions
}

/** Asked and answered as {@link DecideRequest}. */
export interface CalibrateRequest extends Asking {
  readonly model: ModelRef
  readonly questions: Questions
  readonly examples: ReadonlyArray<LabelledExample>
  readonly method?: "platt" | "temperature" | undefined
}

export interface EmbedRequest extends Asking {
  readonly model: ModelRef
  readonly text: string
  readonly layer?: number | undefined
}

/** A prompt, as a generation of the same fields would read it. */
export interface RenderRequest
  extends Asking, Pick<GenerateRequest, "prompt" | "template" | "continueFinalMessage" | "tools"> {
  readonly model: ModelRef
  /** Whether a chat ends with the opening of the model's turn. Default true. */
  readonly addGenerationPrompt?: boolean | undefined
}

export interface DetokeniseRequest extends Asking {
  readonly model: ModelRef
  readonly tokens: ReadonlyArray<number>
}

/** What the engine holds. */
export interface EngineStats {
  /** Requests that run or wait. */
  readonly requests: number
  /** Of those, the ones that wait for a place among those under way. */
  readonly waiting: number
  /** How long requests have waited for their place since the engine was opened. */
  readonly waits: QueueWaits
  /** Sequences in the prefix caches, and their size. */
  readonly cachedSequences: number
  readonly cachedBytes: number
}

/** A histogram of waits, in seconds. */
export interface QueueWaits {
  /** Upper bounds of the buckets, ascending. */
  readonly bounds: ReadonlyArray<number>
  /** For each bound, how many waits were at most so long. */
  readonly counts: ReadonlyArray<number>
  readonly count: number
  readonly seconds: number
}
