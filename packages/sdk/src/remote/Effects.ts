/** The effects as methods, be they done in this process or by a server. */
import type { AnswerSchema, ValueOf } from "../words/AnswerSchema.ts"
import type { CallOptions, StreamRequest } from "../words/CallOptions.ts"
import type { Content, ShieldOptions } from "../words/Content.ts"
import type { Decision } from "../words/Decision.ts"
import type { GenerateOptions } from "../words/GenerateOptions.ts"
import type { Generation, GenerationPart } from "../words/Generation.ts"
import type { Prompt, TokenPrompt } from "../words/Prompt.ts"
import type { Questions } from "../words/Question.ts"
import type { InspectOptions, Trace } from "../words/Trace.ts"
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
  /** Answers typed questions about a text with probabilities. */
  decide<const Q extends Questions>(state: string, questions: Q, options?: CallOptions): Promise<Decision<Q>>
}
