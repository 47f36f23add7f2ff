/** The effects as methods, be they done in this process or by a server. */
import type { AnswerSchema, ValueOf } from "../words/AnswerSchema.ts"
import type { CalibrateOptions, Calibrated, LabelledExample } from "../words/Calibration.ts"
import type { CallOptions, StreamRequest } from "../words/CallOptions.ts"
import type { Content, ShieldOptions } from "../words/Content.ts"
import type { ContrastOptions, ContrastPair, ContrastVector } from "../words/Contrast.ts"
import type { DecideOptions, Decision } from "../words/Decision.ts"
import type { Embedding, EmbedOptions } from "../words/Embedding.ts"
import type { FeatureSearchOptions, FoundFeature } from "../words/FeatureSearch.ts"
import type { GenerateOptions } from "../words/GenerateOptions.ts"
import type { Generation, GenerationPart } from "../words/Generation.ts"
import type { FeatureLogits, FeatureLogitsOptions, Lens, LensOptions } from "../words/Lens.ts"
import type { Prompt, TokenPrompt } from "../words/Prompt.ts"
import type { Questions } from "../words/Question.ts"
import type { EncodeOptions, RenderedPrompt, RenderOptions } from "../words/RenderedPrompt.ts"
import type { Score, ScoreOptions } from "../words/Score.ts"
import type { InspectAllOptions, InspectOptions, Trace } from "../words/Trace.ts"
import type { Verdict } from "../words/Verdict.ts"

/**
 * What a `Facet` and a `RemoteFacet` both are: take this where either will do.
 *
 * @example
 * const isKind = async (effects: Effects, text: string) => !(await effects.shield(text)).flagged
 */
export interface Effects {
  /** What the model says, all at once. */
  generate<const S extends AnswerSchema = never>(
    prompt: Prompt,
    options?: GenerateOptions<S> & CallOptions,
  ): Promise<Generation<ValueOf<S>>>
  /** What the model says, part by part. Leaving the loop ends the work. */
  stream<const S extends AnswerSchema = never>(
    prompt: Prompt,
    options?: GenerateOptions<S> & CallOptions,
  ): AsyncGenerator<GenerationPart<ValueOf<S>>, void, void>
  stream<const S extends AnswerSchema = never>(
    request: StreamRequest<S>,
  ): AsyncGenerator<GenerationPart<ValueOf<S>>, void, void>
  /** Judges a content against policies. */
  shield(content: Content, options?: ShieldOptions & CallOptions): Promise<Verdict>
  /** Traces a text, tokens as they are, or a finished generation. */
  inspect(text: string | TokenPrompt | Generation, options?: InspectOptions & CallOptions): Promise<Trace>
  /** Traces it at every site that has an autoencoder. */
  inspectAll(
    text: string | TokenPrompt | Generation,
    options?: InspectAllOptions & CallOptions,
  ): Promise<ReadonlyArray<Trace>>
  /** What the model would say if it stopped at each layer. */
  lens(text: string | TokenPrompt, options?: LensOptions & CallOptions): Promise<Lens>
  /** Which tokens features make likelier by themselves, and which less likely. */
  featureLogits(options: FeatureLogitsOptions & CallOptions): Promise<FeatureLogits>
  /** What tells pairs of texts apart, as vectors to steer along. */
  contrast(
    pairs: ReadonlyArray<ContrastPair>,
    options: ContrastOptions & CallOptions,
  ): Promise<ReadonlyArray<ContrastVector>>
  /** Answers typed questions about a text with probabilities. */
  decide<const Q extends Questions>(
    state: string,
    questions: Q,
    options?: DecideOptions & CallOptions,
  ): Promise<Decision<Q>>
  /** The questions with what makes their probabilities true of labelled examples. */
  calibrate<const Q extends Questions>(
    questions: Q,
    examples: ReadonlyArray<LabelledExample<Q>>,
    options?: CalibrateOptions & CallOptions,
  ): Promise<Calibrated<Q>>
  /** The log-probability of each token of a text, or of tokens as they are. */
  score(text: string | TokenPrompt, options?: ScoreOptions & CallOptions): Promise<Score>
  /** A text as one vector. */
  embed(text: string, options?: EmbedOptions & CallOptions): Promise<Embedding>
  /** Features whose labels have all words of a query. */
  searchFeatures(query: string, options?: FeatureSearchOptions & CallOptions): Promise<ReadonlyArray<FoundFeature>>
  /** How the model reads a text or a chat, without running it. */
  readonly tokens: Tokens
}

/** The effects on tokens as methods. */
export interface Tokens {
  /** How many tokens `generate` would read of a prompt. */
  count(prompt: Prompt, options?: RenderOptions & CallOptions): Promise<number>
  /** The ids of a text; `<bos>` first unless `bos` is false. */
  encode(text: string, options?: EncodeOptions & CallOptions): Promise<ReadonlyArray<number>>
  /** The text of token ids, without control tokens. */
  decode(ids: ReadonlyArray<number>, options?: CallOptions): Promise<string>
  /** A chat in the model's template, as ids and as text. */
  render(prompt: Prompt, options?: RenderOptions & CallOptions): Promise<RenderedPrompt>
}
