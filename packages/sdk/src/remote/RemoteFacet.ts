/** The effects of a server, with the methods of a Facet. */
import type { AnswerSchema, ValueOf } from "../words/AnswerSchema.ts"
import type { CalibrateOptions, Calibrated, LabelledExample } from "../words/Calibration.ts"
import { type CallOptions, splitCallOptions, splitStreamCall, type StreamRequest } from "../words/CallOptions.ts"
import { checkKnown } from "../words/Checks.ts"
import type { DecideOptions, Decision } from "../words/Decision.ts"
import type { ContrastOptions, ContrastPair, ContrastVector } from "../words/Contrast.ts"
import type { Content, ShieldOptions } from "../words/Content.ts"
import type { Embedding, EmbedOptions } from "../words/Embedding.ts"
import { errorFromPlain } from "../words/Errors.ts"
import type { FeatureSearchOptions, FoundFeature } from "../words/FeatureSearch.ts"
import type { GenerateOptions } from "../words/GenerateOptions.ts"
import { collect, type Generation, type GenerationPart } from "../words/Generation.ts"
import { loadAnswerSchema, loadToolSchemas } from "../words/loadAnswerSchema.ts"
import type { FeatureLogits, FeatureLogitsOptions, Lens, LensOptions } from "../words/Lens.ts"
import type { Prompt, TokenPrompt } from "../words/Prompt.ts"
import type { Questions } from "../words/Question.ts"
import type { Score, ScoreOptions } from "../words/Score.ts"
import type { InspectAllOptions, InspectOptions, Trace } from "../words/Trace.ts"
import type { Verdict } from "../words/Verdict.ts"
import { calibratedReader } from "./CalibrationDocument.ts"
import { decisionReader } from "./DecisionDocument.ts"
import { descriptionFromJson, type RemoteDescription } from "./DescriptionDocument.ts"
import { effectToJson, type Requests } from "./EffectDocument.ts"
import type { Effects } from "./Effects.ts"
import { contrastFromJson } from "./ContrastDocument.ts"
import { embeddingFromJson } from "./EmbeddingDocument.ts"
import { foundFeaturesFromJson } from "./FoundFeaturesDocument.ts"
import { featureLogitsFromJson, lensFromJson } from "./LensDocument.ts"
import { linesType } from "./Lines.ts"
import { breakFromJson, partReader } from "./PartDocument.ts"
import type { Reader } from "./Reader.ts"
import type { RemoteAnswer } from "./RemoteAnswer.ts"
import { type RemoteFacetOptions, RemoteServer } from "./RemoteServer.ts"
import { RemoteTokens } from "./RemoteTokens.ts"
import type { EffectName } from "./routes.ts"
import { scoreFromJson } from "./ScoreDocument.ts"
import { traceFromJson, tracesFromJson } from "./TraceDocument.ts"
import { verdictFromJson } from "./VerdictDocument.ts"

/**
 * Asks a server for what a Facet does in the page: the same methods, results and typed errors. What goes wrong on the
 * way rejects with a {@link RemoteError}: no server, no answer of the effects, a broken connection.
 *
 * @throws InvalidRequestError for an option that is wrong
 * @example
 * const facet = new RemoteFacet({ url: "http://127.0.0.1:8080" })
 * const { text } = await facet.generate("Tell me a story about a fox.")
 */
export class RemoteFacet implements Effects {
  readonly #server: RemoteServer
  readonly #tokens: RemoteTokens

  constructor(options: RemoteFacetOptions) {
    this.#server = new RemoteServer(options)
    this.#tokens = new RemoteTokens(this.#server)
  }

  /** How the server's model reads a text or a chat, without running it: `count`, `encode`, `decode`, `render`. */
  get tokens(): RemoteTokens {
    return this.#tokens
  }

  /** Which model answers, and on what. Resolves when the server has opened it. */
  async describe(options: CallOptions = {}): Promise<RemoteDescription> {
    const { call, rest } = splitCallOptions(options)
    checkKnown(rest, [])
    return this.#server.description(call, { reader: descriptionFromJson, otherwise: "no description of a model" })
  }

  /** What the model says, all at once; with a `schema`, also as its value, which is `object`. */
  async generate<const S extends AnswerSchema = never>(
    prompt: Prompt,
    options: GenerateOptions<S> & CallOptions = {},
  ): Promise<Generation<ValueOf<S>>> {
    const parts: Array<GenerationPart<ValueOf<S>>> = []
    // Streamed, as a proxy may end an answer that is long in coming.
    for await (const part of this.stream<S>(prompt, options)) parts.push(part)
    return collect(prompt, parts)
  }

  /** What the model says, part by part. Leaving the loop ends the work on the server. */
  stream<const S extends AnswerSchema = never>(
    prompt: Prompt,
    options?: GenerateOptions<S> & CallOptions,
  ): AsyncGenerator<GenerationPart<ValueOf<S>>, void, void>
  stream<const S extends AnswerSchema = never>(
    request: StreamRequest<S>,
  ): AsyncGenerator<GenerationPart<ValueOf<S>>, void, void>
  stream<const S extends AnswerSchema = never>(
    first: Prompt | StreamRequest<S>,
    second?: GenerateOptions<S> & CallOptions,
  ): AsyncGenerator<GenerationPart<ValueOf<S>>, void, void> {
    const { call, prompt, rest } = splitStreamCall(first, second)
    return this.#parts(prompt, rest, call)
  }

  /** Judges a content against policies. */
  async shield(content: Content, options: ShieldOptions & CallOptions = {}): Promise<Verdict> {
    return this.#ask("shield", content, options, verdictFromJson, "no verdict")
  }

  /** Traces a text, tokens as they are, or a finished generation. */
  async inspect(text: string | TokenPrompt | Generation, options: InspectOptions & CallOptions = {}): Promise<Trace> {
    return this.#ask("inspect", text, options, traceFromJson, "no trace")
  }

  /** Traces it at every site that has an autoencoder, out of one run: a trace for each, layer by layer. */
  async inspectAll(
    text: string | TokenPrompt | Generation,
    options: InspectAllOptions & CallOptions = {},
  ): Promise<ReadonlyArray<Trace>> {
    return this.#ask("inspectAll", text, options, tracesFromJson, "no traces")
  }

  /** The logit lens: what the model would say after each token of a text if it stopped at each layer. */
  async lens(text: string | TokenPrompt, options: LensOptions & CallOptions = {}): Promise<Lens> {
    return this.#ask("lens", text, options, lensFromJson, "no layers")
  }

  /** Which tokens features make likelier by themselves, and which less likely: direct logit attribution. */
  async featureLogits({ features, ...options }: FeatureLogitsOptions & CallOptions): Promise<FeatureLogits> {
    return this.#ask("featureLogits", features, options, featureLogitsFromJson, "no features")
  }

  /** The mean difference between what a site holds of the two texts of each pair, a vector for each layer. */
  async contrast(
    pairs: ReadonlyArray<ContrastPair>,
    options: ContrastOptions & CallOptions,
  ): Promise<ReadonlyArray<ContrastVector>> {
    return this.#ask("contrast", pairs, options, contrastFromJson, "no vectors")
  }

  /** Answers typed questions about a text with probabilities. */
  async decide<const Q extends Questions>(
    state: string,
    questions: Q,
    options: DecideOptions & CallOptions = {},
  ): Promise<Decision<Q>> {
    return this.#ask("decide", state, { ...options, questions }, decisionReader(questions), "no decision")
  }

  /** The questions with what makes their probabilities true of labelled examples, and how far they were from it. */
  async calibrate<const Q extends Questions>(
    questions: Q,
    examples: ReadonlyArray<LabelledExample<Q>>,
    options: CalibrateOptions & CallOptions = {},
  ): Promise<Calibrated<Q>> {
    // What the examples hold, the server checks.
    const asked = { ...options, examples: examples as ReadonlyArray<LabelledExample> }
    return this.#ask("calibrate", questions, asked, calibratedReader(questions), "no calibration")
  }

  /** The log-probability of each token of a text, taken raw; or of tokens as they are. */
  async score(text: string | TokenPrompt, options: ScoreOptions & CallOptions = {}): Promise<Score> {
    return this.#ask("score", text, options, scoreFromJson, "no score")
  }

  /** A text, taken raw, as one vector. */
  async embed(text: string, options: EmbedOptions & CallOptions = {}): Promise<Embedding> {
    return this.#ask("embed", text, options, embeddingFromJson, "no embedding")
  }

  /** Features whose labels have all words of a query. */
  async searchFeatures(
    query: string,
    options: FeatureSearchOptions & CallOptions = {},
  ): Promise<ReadonlyArray<FoundFeature>> {
    return this.#ask("searchFeatures", query, options, foundFeaturesFromJson, "no features")
  }

  #ask<Name extends EffectName, A>(
    effect: Name,
    subject: Requests[Name]["subject"],
    options: Requests[Name]["options"] & CallOptions,
    reader: Reader<A>,
    otherwise: string,
  ): Promise<A> {
    const { call, rest } = splitCallOptions(options)
    // What is left of the options is those of the effect, which TypeScript cannot tell of a name that is open.
    const request = { subject, options: rest } as Requests[Name]
    return this.#server.answer(effect, request, call, { reader, otherwise })
  }

  async *#parts<S extends AnswerSchema>(
    prompt: Prompt,
    options: GenerateOptions<S>,
    { cacheSalt, client, signal, traceparent }: CallOptions,
  ): AsyncGenerator<GenerationPart<ValueOf<S>>, void, void> {
    signal?.throwIfAborted()
    const leaving = new AbortController()
    const either = signal === undefined ? leaving.signal : AbortSignal.any([signal, leaving.signal])
    try {
      const { schema, ...others } = options
      const rest = others.tools === undefined ? others : { ...others, tools: await loadToolSchemas(others.tools) }
      const loaded = schema === undefined ? undefined : await loadAnswerSchema(schema)
      // Values are made here, where their validator is.
      const sent = loaded === undefined ? rest : { ...rest, schema: loaded.json }
      const body = effectToJson("generate", { subject: prompt, options: sent, cacheSalt })
      for await (const part of partsOf(
        await this.#server.ask("generate", body, { client, traceparent, signal: either }),
      )) {
        signal?.throwIfAborted()
        yield loaded === undefined ? (part as GenerationPart<never>) : await loaded.objects.pass(part)
        signal?.throwIfAborted()
      }
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    } finally {
      leaving.abort()
    }
  }
}

/** The parts of an answer, which has come to its end only with a finish. */
async function* partsOf(answer: RemoteAnswer): AsyncGenerator<GenerationPart, void, void> {
  const reader = partReader((error) => errorFromPlain(error) ?? answer.problem(error))
  let isFinished = false
  for await (const document of answer.documents(linesType)) {
    const broken = breakFromJson(document)
    if (broken !== undefined) throw answer.problem(broken.problem)
    const part = answer.read(document, reader, "a part that is not known here")
    isFinished = part.type === "finish"
    yield part
  }
  if (!isFinished) throw answer.cut()
}
