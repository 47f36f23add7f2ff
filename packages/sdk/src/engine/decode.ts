/** Writing, token by token. */
import * as Effect from "effect/Effect"
import { asFacetError, ContextOverflowError, type FacetError } from "../words/Errors.ts"
import type { EnginePart, FinishReason, ProbeReading } from "../words/Generation.ts"
import type { TokenLogprob } from "../words/TokenLogprob.ts"
import type { Automaton } from "./constraint/index.ts"
import { describeToken } from "./describeToken.ts"
import { callBytesOf } from "./callBytesOf.ts"
import { CompletionText } from "./CompletionText.ts"
import { makeDetokeniser } from "./Detokeniser.ts"
import { Form } from "./Form.ts"
import type { Interventions } from "./Interventions.ts"
import { Ends } from "./Ends.ts"
import { fewTokens, type KeyValues } from "./KeyValues.ts"
import type { Lanes } from "./Lanes.ts"
import type { Forward } from "./Forward.ts"
import type { OpenModel } from "./OpenModel.ts"
import { isLast, prefill, withSequence } from "./prefill.ts"
import type { GenerateRequest } from "../words/Request.ts"
import type { Site } from "../words/Site.ts"
import { makeSampler, type Sampler } from "./Sampler.ts"
import type { ProbeReader } from "./ProbeReader.ts"
import type { Scheduler } from "./Scheduler.ts"
import { union } from "./SiteSets.ts"
import { makeStopMatcher } from "./makeStopMatcher.ts"
import { Speculation } from "./Speculation.ts"
import { TokenHistory } from "./TokenHistory.ts"
import type { Tracer } from "./Tracer.ts"

export interface DecodeOptions {
  readonly model: OpenModel
  readonly scheduler: Scheduler
  readonly tracer: Tracer
  /** What reads the prompt and the answer as they run. */
  readonly probes: ProbeReader
  /** The prompt's tokens. */
  readonly tokens: ReadonlyArray<number>
  readonly request: GenerateRequest
  readonly interventions: Interventions
  /** Where tokens run with those of other requests. */
  readonly lanes: Lanes | undefined
  /** What the text has to be, if it has to be something. */
  readonly automaton: Automaton | undefined
  /** Guessed tokens that may run beside the next one; 0 for none. */
  readonly mostDrafted: number
  /** When the request came, in the clock of `performance.now()`. */
  readonly startedAt: number
  /** Takes a part; waits while the reader is behind. */
  readonly emit: (part: EnginePart) => Effect.Effect<void>
  /** Told what was written, however it ended: the prompt's tokens and those that follow. */
  readonly onWritten: (tokens: ReadonlyArray<number>) => void
}

/** Runs a prompt and writes what follows, until the model ends its turn or a limit is reached. */
export const decode = (options: DecodeOptions): Effect.Effect<void, FacetError> =>
  Effect.andThen(
    checkRoom(options),
    withSequence(
      options.model,
      options.tokens,
      (sequence, reused) => new Decoding(options, sequence, reused).run(),
      options.request.cacheSalt,
      options.interventions,
    ),
  )

/** A prompt leaves room for at least one token to follow. */
const checkRoom = ({ model, tokens }: DecodeOptions) =>
  tokens.length < model.config.contextLength
    ? Effect.void
    : Effect.fail(new ContextOverflowError({ tokens: tokens.length, limit: model.config.contextLength - 1 }))

/** A chosen token, with its log-probabilities where they were asked for. */
interface Choice {
  readonly id: number
  readonly logprob: TokenLogprob | undefined
  /** Those that must follow it. */
  readonly forced: ReadonlyArray<number>
}

class Decoding {
  readonly #options: DecodeOptions
  readonly #sequence: KeyValues
  readonly #reused: number
  readonly #text: CompletionText
  readonly #taps: ReadonlyArray<Site>
  readonly #history: TokenHistory
  readonly #sampler: Sampler
  readonly #ends: Ends
  readonly #speculation: Speculation | undefined
  readonly #form: Form | undefined
  readonly #completion: Array<number> = []
  /** One for each token of the completion; none unless asked for. */
  readonly #logprobs: Array<TokenLogprob> = []
  /** The end token counts as chosen, and is not part of the completion. */
  #chosen = 0
  #firstTokenAt = 0
  /** Tokens that went out as text, and as traces. */
  #told = 0
  #traced = 0
  #isProbed = false

  constructor(options: DecodeOptions, sequence: KeyValues, reused: number) {
    const { model, request, tokens } = options
    this.#options = options
    this.#sequence = sequence
    this.#reused = reused
    this.#taps = union(options.tracer.sites, options.probes.sites)
    this.#history = new TokenHistory(tokens)
    this.#sampler = makeSampler(request)
    this.#speculation = speculationOf(options, sequence, this.#taps)
    this.#ends = new Ends(model.endIds, request)
    this.#form = options.automaton === undefined ? undefined : new Form(model, options.automaton)
    this.#text = new CompletionText(
      makeDetokeniser(request.tools === undefined ? (id) => model.tokenizer.bytesOf(id) : callBytesOf(model.tokenizer)),
      makeStopMatcher(request.stop ?? []),
      request.minTokens ?? 0,
    )
  }

  run(): Effect.Effect<void, FacetError> {
    const { onWritten, tokens } = this.#options
    return Effect.ensuring(
      this.#write(),
      Effect.sync(() => {
        // Also where somebody ended it in the middle.
        this.#speculation?.forget()
        onWritten([...tokens, ...this.#completion])
      }),
    )
  }

  #write(): Effect.Effect<void, FacetError> {
    const self = this
    return Effect.gen(function* () {
      const { emit, tokens } = self.#options
      yield* emit({
        type: "start",
        usage: { promptTokens: tokens.length, cachedTokens: self.#reused },
        promptTokens: tokens,
      })
      const logits = yield* self.#prefill()
      const { lanes } = self.#options
      const written = self.#follow(logits)
      yield* self.#finish(yield* lanes === undefined ? written : lanes.member(written))
    })
  }

  /** Writes token by token, and says what ended it. */
  #follow(first: Float32Array): Effect.Effect<FinishReason, FacetError> {
    const self = this
    return Effect.gen(function* () {
      if (self.#form?.mustEnd === true) return "stop"
      let logits = first
      for (;;) {
        const { forced, id, logprob } = yield* self.#choose(logits)
        const finishReason = yield* self.#take(id, logprob, forced.length === 0)
        if (finishReason !== undefined) return finishReason
        if (forced.length === 0) {
          logits = yield* self.#step(id)
          continue
        }
        const rows = yield* self.#run([id, ...forced])
        const reason = yield* self.#takeForced(forced, rows)
        if (reason !== undefined) return reason
        logits = rows.at(-1) ?? logits
      }
    })
  }

  /** Takes tokens that were run because they must follow. */
  #takeForced(
    ids: ReadonlyArray<number>,
    rows: ReadonlyArray<Float32Array>,
  ): Effect.Effect<FinishReason | undefined, FacetError> {
    const self = this
    return Effect.gen(function* () {
      for (const [i, id] of ids.entries()) {
        const logprob = yield* self.#describe(rows[i], id)
        const reason = yield* self.#take(id, logprob, i === ids.length - 1)
        if (reason !== undefined) return reason
      }
      return undefined
    })
  }

  #prefill(): Effect.Effect<Float32Array, FacetError> {
    const { model, probes, scheduler, tokens } = this.#options
    // What was cached does not run, and probes have to read all of it or none.
    const taps = this.#reused === 0 ? probes.sites : []
    let logits: Float32Array = new Float32Array(0)
    return Effect.map(
      prefill(
        scheduler,
        model,
        this.#sequence,
        tokens,
        (chunk) => ({ ...(isLast(chunk, tokens) && { rows: [chunk.tokens.length - 1] }), taps }),
        (result, chunk) => {
          if (taps.length > 0) probes.addPrompt(result, chunk.start === 0 ? 1 : 0)
          logits = result.logits
        },
      ),
      () => logits,
    )
  }

  #choose(logits: Float32Array): Effect.Effect<Choice, FacetError> {
    const form = this.#form
    const room = this.#room
    return Effect.flatMap(
      Effect.try({
        try: () => {
          const allowed = form?.allowed(room - 1)
          const sample = () => this.#sampler.sample(logits, this.#history, allowed)
          const chosen = this.#ends.kept(logits, this.#chosen, sample)
          const [id = chosen, ...forced] = form?.take(chosen, room) ?? []
          return { id, forced }
        },
        catch: (cause) => asFacetError("Choosing a token", cause),
      }),
      // The sampler leaves the logits as the model gave them.
      ({ forced, id }) => Effect.map(this.#describe(logits, id), (logprob) => ({ id, forced, logprob })),
    )
  }

  /** Tokens that may yet be chosen. */
  get #room(): number {
    const { model, request, tokens } = this.#options
    const context = model.config.contextLength - tokens.length - this.#completion.length
    return Math.min(context, (request.maxTokens ?? Infinity) - this.#chosen)
  }

  /** A token's log-probabilities, where they were asked for. */
  #describe(logits: Float32Array | undefined, id: number): Effect.Effect<TokenLogprob | undefined, FacetError> {
    const { model, request } = this.#options
    const { logprobs } = request
    if (logprobs === undefined || logits === undefined) return Effect.succeed(undefined)
    return Effect.try({
      try: () => describeToken(model.tokenizer, logits, id, logprobs),
      catch: (cause) => asFacetError("Choosing a token", cause),
    })
  }

  /**
   * Takes a chosen token, and says whether the generation ends with it.
   *
   * @param isLast whether none follows that is known already.
   */
  #take(
    id: number,
    logprob: TokenLogprob | undefined,
    isLast: boolean,
  ): Effect.Effect<FinishReason | undefined, FacetError> {
    const { model, request, tokens, tracer } = this.#options
    const self = this
    return Effect.gen(function* () {
      self.#chosen++
      if (self.#chosen === 1) self.#firstTokenAt = performance.now()
      if (self.#ends.has(id)) return "stop"
      self.#history.accept(id)
      self.#completion.push(id)
      if (logprob !== undefined) self.#logprobs.push(logprob)
      yield* self.#emitText(self.#text.push(id))
      if (self.#text.isStopped) return "stop"
      if (isLast && self.#form?.mustEnd === true) return "stop"
      if (self.#chosen >= (request.maxTokens ?? Infinity)) return "length"
      if (tokens.length + self.#completion.length >= model.config.contextLength) return "length"
      if (tracer.isActive) yield* self.#emitTraces(false)
      return undefined
    })
  }

  /** Runs a token that was taken, and gives the logits of the next. */
  #step(id: number): Effect.Effect<Float32Array, FacetError> {
    const speculation = this.#speculation
    speculation?.accept(id)
    const known = this.#advance(id)
    if (known !== undefined) return Effect.succeed(known)
    const draft = speculation?.draft(this.#room, this.#form) ?? []
    if (speculation === undefined || draft.length === 0) {
      return Effect.map(this.#forward(id, [0]), ({ logits }) => logits)
    }
    return Effect.map(speculation.guess(id, draft), (forward) => {
      this.#heard(id, forward)
      return forward.logits
    })
  }

  /**
   * Runs tokens together, and gives the logits after each. Where no log-probabilities are wanted, those after the last stand
   * for all: nobody reads the others.
   */
  #run(ids: ReadonlyArray<number>): Effect.Effect<ReadonlyArray<Float32Array>, FacetError> {
    const { model, request, scheduler } = this.#options
    for (const id of ids) this.#speculation?.accept(id)
    const known: Array<Float32Array> = []
    for (const id of ids) {
      const logits = this.#advance(id)
      if (logits === undefined) break
      known.push(logits)
    }
    const rest = ids.slice(known.length)
    if (rest.length === 0) return Effect.succeed(known)
    const last = rest.length - 1
    const rows = request.logprobs === undefined ? [last] : [...rest.keys()]
    const run = () => model.forward(this.#sequence, rest, { rows, taps: this.#taps, few: rest.length <= fewTokens })
    return Effect.map(scheduler.step("Running tokens that must follow", run), (forward) => {
      for (const [i, id] of rest.entries()) this.#heard(id, partOf(forward, i, rest.length))
      const width = forward.logits.length / rows.length
      const each = rows.map((_, i) => forward.logits.subarray(i * width, (i + 1) * width))
      return [...known, ...(rows.length === 1 ? rest.map(() => each[0] ?? forward.logits) : each)]
    })
  }

  /** The logits after a token that has run already, since it was guessed. */
  #advance(id: number): Float32Array | undefined {
    const forward = this.#speculation?.advance(id)
    if (forward === undefined) return undefined
    this.#heard(id, forward)
    return forward.logits
  }

  #forward(id: number, rows: ReadonlyArray<number>): Effect.Effect<Forward, FacetError> {
    const { lanes, model, scheduler } = this.#options
    const taps = this.#taps
    const run = () => model.forward(this.#sequence, [id], { rows, taps })
    const step = lanes?.step({ sequence: this.#sequence, token: id, taps }) ?? scheduler.step("Running a token", run)
    return Effect.tap(step, (forward) => Effect.sync(() => this.#heard(id, forward)))
  }

  /** A token of the answer was run. */
  #heard(id: number, forward: Forward): void {
    const { probes, tracer } = this.#options
    tracer.add(id, forward)
    if (probes.isActive) probes.addAnswer(forward)
  }

  #finish(finishReason: FinishReason): Effect.Effect<void, FacetError> {
    const { emit, probes, startedAt, tokens, tracer } = this.#options
    const self = this
    return Effect.gen(function* () {
      // What it holds beyond the text is nobody's.
      self.#speculation?.forget()
      yield* self.#emitText(self.#text.flush())
      if (tracer.isActive || probes.isActive) yield* self.#runLast()
      if (tracer.isActive) yield* self.#emitTraces(true)
      const now = performance.now()
      const later = self.#chosen - 1
      yield* emit({
        type: "finish",
        finishReason: self.#text.isStopped ? "stop" : finishReason,
        usage: {
          promptTokens: tokens.length,
          completionTokens: self.#chosen,
          cachedTokens: self.#reused,
        },
        timings: {
          firstTokenMs: self.#firstTokenAt - startedAt,
          totalMs: now - startedAt,
          tokensPerSecond: later > 0 ? (later * 1000) / (now - self.#firstTokenAt) : 0,
        },
        tokens: { prompt: tokens, completion: self.#completion },
        ...self.#logprobsOf(self.#told),
        ...self.#probed(),
      })
    })
  }

  #emitText(text: string): Effect.Effect<void> {
    if (text.length === 0) return Effect.void
    const [from, to] = [this.#told, this.#text.tokensOut]
    this.#told = to
    return this.#options.emit({
      type: "text",
      text,
      tokens: this.#completion.slice(from, to),
      ...this.#logprobsOf(from, to),
      ...this.#probed(),
    })
  }

  /** What the probes have read. */
  #probed(): { readonly probed?: ProbeReading } {
    const { probes } = this.#options
    if (!probes.isActive) return {}
    const prompt = this.#isProbed ? undefined : probes.promptLogits
    this.#isProbed = true
    const characters = this.#text.lengthOf(probes.answerTokens)
    return { probed: { characters, logits: probes.answerLogits, ...(prompt !== undefined && { prompt }) } }
  }

  /** The log-probabilities of a run of the completion's tokens, as a part carries them. */
  #logprobsOf(from: number, to?: number): { readonly logprobs?: ReadonlyArray<TokenLogprob> } {
    return this.#options.request.logprobs === undefined ? {} : { logprobs: this.#logprobs.slice(from, to) }
  }

  /** The last token was chosen but never run; a trace and a probe want to know what the model made of it. */
  #runLast(): Effect.Effect<void, FacetError> {
    const last = this.#completion.at(-1)
    const hasRun = this.#sequence.length === this.#options.tokens.length + this.#completion.length
    return last === undefined || hasRun ? Effect.void : Effect.asVoid(this.#forward(last, []))
  }

  #emitTraces(isEnd: boolean): Effect.Effect<void, FacetError> {
    const { emit, tracer } = this.#options
    return Effect.flatMap(tracer.take(this.#text.tokensOut - this.#traced, isEnd), (parts) => {
      this.#traced += parts[0]?.tokens.length ?? 0
      return Effect.forEach(parts, emit, { discard: true })
    })
  }
}

const speculationOf = (
  { model, mostDrafted, scheduler, tokens }: DecodeOptions,
  sequence: KeyValues,
  taps: ReadonlyArray<Site>,
): Speculation | undefined =>
  mostDrafted > 0 ? new Speculation({ model, scheduler, sequence, taps, tokens, most: mostDrafted }) : undefined

/** What a run gave of one of its tokens. */
const partOf = ({ taps }: Forward, index: number, count: number): Forward => ({
  logits: new Float32Array(0),
  taps: new Map(
    [...taps].map(([key, values]) => {
      const width = values.length / count
      return [key, values.subarray(index * width, (index + 1) * width)]
    }),
  ),
})
