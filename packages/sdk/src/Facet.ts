/** The effects for people who do not use Effect: promises, async iterables, `AbortSignal`. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Tracer from "effect/Tracer"
import { generate, stream } from "./effects/generate.ts"
import { inspect, inspectAll } from "./effects/inspect.ts"
import { loadSeldomAsked } from "./effects/loadSeldomAsked.ts"
import type { RunToolsOptions, ToolRun } from "./effects/runTools.ts"
import { PromiseTokens } from "./effects/PromiseTokens.ts"
import { PromiseGuard } from "./guard/PromiseGuard.ts"
import { PromiseRunner } from "./guard/PromiseRunner.ts"
import { layerOpened } from "./Open.ts"
import type { AnswerSchema, ValueOf } from "./words/AnswerSchema.ts"
import type { CalibrateOptions, Calibrated, LabelledExample } from "./words/Calibration.ts"
import { type CallOptions, splitCallOptions, splitStreamCall, type StreamRequest } from "./words/CallOptions.ts"
import type { Content, ShieldOptions } from "./words/Content.ts"
import type { ContrastOptions, ContrastPair, ContrastVector } from "./words/Contrast.ts"
import type { DecideOptions, Decision } from "./words/Decision.ts"
import type { Device } from "./words/Device.ts"
import type { Embedding, EmbedOptions } from "./words/Embedding.ts"
import { ClosedError, type FacetError } from "./words/Errors.ts"
import type { GenerateOptions } from "./words/GenerateOptions.ts"
import type { Generation, GenerationPart } from "./words/Generation.ts"
import { type GuardOptions, readGuardOptions } from "./words/GuardOptions.ts"
import type { FeatureSearchOptions, FoundFeature } from "./words/FeatureSearch.ts"
import type { FeatureLogits, FeatureLogitsOptions, Lens, LensOptions } from "./words/Lens.ts"
import { Opened } from "./words/Opened.ts"
import type { OpenOptions } from "./words/OpenOptions.ts"
import type { Policy, PolicyExample } from "./words/Policy.ts"
import type { DistilPolicyOptions, TrainPolicyOptions } from "./words/PolicyTrainingOptions.ts"
import type { Prompt, TokenPrompt } from "./words/Prompt.ts"
import type { Questions } from "./words/Question.ts"
import type { EngineStats } from "./words/Request.ts"
import type { Score, ScoreOptions } from "./words/Score.ts"
import type { InspectAllOptions, InspectOptions, Trace } from "./words/Trace.ts"
import type { Verdict } from "./words/Verdict.ts"

/** What is known of an open Facet without asking its engine. */
type Described = Pick<Opened["Service"], "description" | "name" | "warnings">

/**
 * An open Gemma, with the guard and the autoencoders that belong to it.
 *
 * Calls may run at once; they take turns. All reject with one of the errors in `FacetError`.
 *
 * @example
 * await using facet = await Facet.open()
 * const { text } = await facet.generate("Tell me a story about a fox.")
 * const verdict = await facet.shield("How do I pick a lock?")
 * const trace = await facet.inspect(text)
 */
export class Facet implements AsyncDisposable {
  readonly #runner: PromiseRunner
  #opened: Described | undefined

  readonly #tokens = new PromiseTokens((effect, call) => this.#runner.run(effect, call))

  private constructor(runtime: ManagedRuntime.ManagedRuntime<Opened, FacetError>) {
    this.#runner = new PromiseRunner(runtime)
  }

  /** What was opened, as it was named: `"tiny"`, an id, a folder or a URL. */
  get model(): string {
    return this.#described.name
  }

  /**
   * What kind of model was opened.
   *
   * @example
   * console.log(facet.architecture) // => Gemma 2
   */
  get architecture(): string {
    return this.#described.description.architecture
  }

  /** Parts of the model's files that are not run, such as the vision tower of a Gemma 3; none of most. */
  get leftOut(): ReadonlyArray<string> {
    return this.#described.description.leftOut
  }

  /**
   * What to know of what was opened, in sentences: autoencoders of another model than this one, weights that leave the machine
   * no memory, parts that are not run, what a conversion could not keep. Empty of most. `onProgress` tells each when it is
   * found out; more may come when the guard is first asked.
   *
   * @example
   * console.log(facet.warnings) // => []
   */
  get warnings(): ReadonlyArray<string> {
    return [...this.#described.warnings]
  }

  /**
   * What the model runs on, and why nothing better.
   *
   * @example
   * console.log(facet.device.name, facet.device.precision) // => cpu f32
   */
  get device(): Device {
    return this.#described.description.device
  }

  /** Tokens that the model holds at once: a prompt's and those that follow. */
  get contextLength(): number {
    return this.#described.description.contextLength
  }

  /**
   * How the model reads a text or a chat, without running it: `count`, `encode`, `decode`, `render`.
   *
   * @example
   * const ids = await facet.tokens.encode("The dog sleeps.")
   * console.log(await facet.tokens.decode(ids)) // => The dog sleeps.
   */
  get tokens(): PromiseTokens {
    return this.#tokens
  }

  get #described(): Described {
    if (this.#opened === undefined) throw new ClosedError()
    return this.#opened
  }

  /** Opens the embedded model, or the one in `options`. Rejects when it is not there or cannot be used. */
  static async open(options: OpenOptions & CallOptions = {}): Promise<Facet> {
    const { call, rest } = splitCallOptions(options)
    const { signal } = call
    const layer = layerOpened(rest)
    const { tracer } = rest
    const traced = tracer === undefined ? layer : Layer.merge(layer, Layer.succeed(Tracer.Tracer, tracer))
    const facet = new Facet(ManagedRuntime.make(traced))
    try {
      facet.#opened = await facet.#runner.run(
        Effect.map(Opened, ({ description, name, warnings }) => ({ description, name, warnings })),
        call,
      )
      return facet
    } catch (error) {
      // Whoever gave up does not wait for a thread to end.
      const closed = facet.close()
      if (signal?.aborted !== true) await closed
      throw error
    }
  }

  /**
   * The same for people who use Effect: provides `generate`, `shield`, `inspect`, `decide`, `score`, `embed`, `contrast` and
   * `tokens`.
   */
  static layer(options: OpenOptions = {}): Layer.Layer<Opened, FacetError> {
    return layerOpened(options)
  }

  /** What the model says, all at once; with a `schema`, also as its value, which is `object`. */
  async generate<const S extends AnswerSchema = never>(
    prompt: Prompt,
    options: GenerateOptions<S> & CallOptions = {},
  ): Promise<Generation<ValueOf<S>>> {
    const { call, rest } = splitCallOptions(options)
    // What is left of the options is those of `generate`, which TypeScript cannot tell of a type that is open.
    return this.#runner.run(generate<S>(prompt, rest as GenerateOptions<S>), call)
  }

  /** What the model says, part by part. Leaving the loop ends the work. */
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
    return this.#runner.iterate(() => stream(prompt, rest), call)
  }

  /**
   * Generates, runs the tools that were called, tells the model what they found, and goes on until it answers.
   *
   * @example
   * const dig = { name: "dig", description: "Digs a hole.", run: () => "A bone!" }
   * const { steps, text } = await facet.runTools("What is in the garden?", { tools: [dig], maxSteps: 3 })
   */
  async runTools(prompt: Prompt, options: RunToolsOptions & CallOptions): Promise<ToolRun> {
    const { call, rest } = splitCallOptions(options)
    const { runTools } = await loadSeldomAsked()
    return this.#runner.run(runTools(prompt, rest), call)
  }

  /** Judges a content against policies. */
  async shield(content: Content, options: ShieldOptions & CallOptions = {}): Promise<Verdict> {
    const { call, rest } = splitCallOptions(options)
    const { shield } = await loadSeldomAsked()
    return this.#runner.run(shield(content, rest), call)
  }

  /**
   * Shields around any function that makes text: what goes in is judged before it is called, what comes out before it is
   * released.
   *
   * @throws InvalidRequestError that names the option
   * @example
   * const answer = facet.guard().text(async (prompt) => `You asked: ${prompt}`)
   * const { blocked, text } = await answer("How do I bake bread?")
   */
  guard(options: GuardOptions = {}): PromiseGuard {
    return new PromiseGuard(readGuardOptions(options), this.#runner)
  }

  /** Traces a text, tokens as they are, or a finished generation. */
  async inspect(text: string | TokenPrompt | Generation, options: InspectOptions & CallOptions = {}): Promise<Trace> {
    const { call, rest } = splitCallOptions(options)
    return this.#runner.run(inspect(text, rest), call)
  }

  /** Traces it at every site that has an autoencoder, out of one run: a trace for each, layer by layer. */
  async inspectAll(
    text: string | TokenPrompt | Generation,
    options: InspectAllOptions & CallOptions = {},
  ): Promise<ReadonlyArray<Trace>> {
    const { call, rest } = splitCallOptions(options)
    return this.#runner.run(inspectAll(text, rest), call)
  }

  /**
   * Answers typed questions about a text with probabilities, without generating a word: is it so, which of these, how much.
   *
   * @example
   * const { answers } = await facet.decide("The dog ran home and ate.", {
   *   animal: { type: "choice", instructions: "Which animal is it about?", criteria: ["cat", "dog"] },
   *   joy: { type: "score", instructions: "How joyful is it?", criteria: { min: 0, max: 10 } },
   * })
   * console.log(answers.animal.choice, answers.joy.score)
   */
  async decide<const Q extends Questions>(
    state: string,
    questions: Q,
    options: DecideOptions & CallOptions = {},
  ): Promise<Decision<Q>> {
    const { call, rest } = splitCallOptions(options)
    const { decide } = await loadSeldomAsked()
    return this.#runner.run(decide(state, questions, rest), call)
  }

  /**
   * The questions with what makes their probabilities true of labelled examples, and how far they were from it.
   *
   * @example
   * const questions = { pet: { type: "boolean", instructions: "Is it about a pet?" } } as const
   * const { questions: calibrated, reports } = await facet.calibrate(questions, [
   *   { state: "The dog ran home.", answers: { pet: true } },
   *   { state: "The bread is warm.", answers: { pet: false } },
   * ])
   * const { answers } = await facet.decide("The cat sleeps.", calibrated)
   * console.log(reports.pet.examples) // => 2
   */
  async calibrate<const Q extends Questions>(
    questions: Q,
    examples: ReadonlyArray<LabelledExample<Q>>,
    options: CalibrateOptions & CallOptions = {},
  ): Promise<Calibrated<Q>> {
    const { call, rest } = splitCallOptions(options)
    const { calibrate } = await loadSeldomAsked()
    return this.#runner.run(calibrate(questions, examples, rest), call)
  }

  /**
   * Makes a policy of a guideline and of labelled examples: the guideline calibrated, a probe on activations, or both, whichever
   * is best on held-out folds. Its figures, and what is too little to tell, are in `policy.training`.
   *
   * @example
   * const examples = [
   *   ...["The fox ran.", "The fox slept.", "A fox sang."].map((text) => ({ text, label: 1 as const })),
   *   ...["The bread is warm.", "The moon rose.", "We had soup."].map((text) => ({ text, label: 0 as const })),
   * ]
   * const policy = await facet.trainPolicy(examples, { guideline: '"No Foxes": The prompt shall not speak of foxes.' })
   * console.log(policy.training?.untold?.slice(0, 20)) // => 6 labels cannot tell
   * const { policies } = await facet.shield("A fox ate.", { policies: [policy] })
   */
  async trainPolicy(
    examples: ReadonlyArray<PolicyExample>,
    options: TrainPolicyOptions & CallOptions,
  ): Promise<Policy> {
    const { call, rest } = splitCallOptions(options)
    const { trainPolicy } = await loadSeldomAsked()
    return this.#runner.run(trainPolicy(examples, rest), call)
  }

  /**
   * Has the guard label texts, and trains a probe on what it says: by default of the model that writes, which is far cheaper to
   * ask, and whose activations are there while it writes.
   */
  async distilPolicy(texts: ReadonlyArray<string>, options: DistilPolicyOptions & CallOptions = {}): Promise<Policy> {
    const { call, rest } = splitCallOptions(options)
    const { distilPolicy } = await loadSeldomAsked()
    return this.#runner.run(distilPolicy(texts, rest), call)
  }

  /**
   * The log-probability of each token of a text, taken raw; or of tokens as they are, such as those of a chat.
   *
   * @example
   * const chat = [{ role: "user", content: "Hello" }, { role: "assistant", content: "Hi." }] as const
   * const { perplexity } = await facet.score(await facet.tokens.render(chat, { addGenerationPrompt: false }))
   */
  async score(text: string | TokenPrompt, options: ScoreOptions & CallOptions = {}): Promise<Score> {
    const { call, rest } = splitCallOptions(options)
    const { score } = await loadSeldomAsked()
    return this.#runner.run(score(text, rest), call)
  }

  /**
   * A text, taken raw, as one vector: the mean of `resid_post` at one layer over its tokens, which is a mean-pooled
   * residual stream and not the output of a trained embedding model. An empty text gives zeros.
   *
   * @example
   * const { embedding, layer, tokens } = await facet.embed("The dog sleeps.")
   * console.log(layer, embedding.length) // => 4 192
   */
  async embed(text: string, options: EmbedOptions & CallOptions = {}): Promise<Embedding> {
    const { call, rest } = splitCallOptions(options)
    const { embed } = await loadSeldomAsked()
    return this.#runner.run(embed(text, rest), call)
  }

  /**
   * The mean difference between what a site holds of the positive and of the negative text of each pair, a vector for each
   * layer: something to steer along.
   *
   * @example
   * const pairs = [{ positive: "The fox was happy.", negative: "The fox was sad." }]
   * const [happy] = await facet.contrast(pairs, { layers: [3] })
   * console.log(happy?.site, happy?.layer, happy?.vector.length) // => resid_post 3 192
   */
  async contrast(
    pairs: ReadonlyArray<ContrastPair>,
    options: ContrastOptions & CallOptions,
  ): Promise<ReadonlyArray<ContrastVector>> {
    const { call, rest } = splitCallOptions(options)
    const { contrast } = await loadSeldomAsked()
    return this.#runner.run(contrast(pairs, rest), call)
  }

  /**
   * Features of all open autoencoders whose labels have all words of a query; nothing is run.
   *
   * @example
   * const [first] = await facet.searchFeatures("night", { layer: 4 })
   * console.log(first?.label.includes("night")) // => true
   */
  async searchFeatures(
    query: string,
    options: FeatureSearchOptions & CallOptions = {},
  ): Promise<ReadonlyArray<FoundFeature>> {
    const { call, rest } = splitCallOptions(options)
    const { searchFeatures } = await loadSeldomAsked()
    return this.#runner.run(searchFeatures(query, rest), call)
  }

  /**
   * The logit lens: what the model would say after each token of a text if it stopped at each layer.
   *
   * @example
   * const { layers } = await facet.lens("Once upon a", { topK: 1 })
   * for (const { layer, next } of layers) console.log(layer, next.at(-1)?.[0]?.token)
   */
  async lens(text: string | TokenPrompt, options: LensOptions & CallOptions = {}): Promise<Lens> {
    const { call, rest } = splitCallOptions(options)
    const { lens } = await loadSeldomAsked()
    return this.#runner.run(lens(text, rest), call)
  }

  /**
   * Which tokens features make likelier by themselves, and which less likely: direct logit attribution.
   *
   * @example
   * const { features } = await facet.featureLogits({ layer: 4, features: [519], topK: 3 })
   * console.log(features[0]?.promoted.length) // => 3
   */
  async featureLogits(options: FeatureLogitsOptions & CallOptions): Promise<FeatureLogits> {
    const { call, rest } = splitCallOptions(options)
    const { featureLogits } = await loadSeldomAsked()
    return this.#runner.run(featureLogits(rest), call)
  }

  /** Requests under way, and what the prefix caches hold. */
  stats(): Promise<EngineStats> {
    return this.#runner.run(
      Effect.flatMap(Opened, ({ text }) => text.engine.stats),
      {},
    )
  }

  /** Ends calls that are under way with a `ClosedError`, and frees everything. */
  async close(): Promise<void> {
    await this.#runner.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
