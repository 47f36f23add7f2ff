/** Guards the calls of language models. */
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
  LanguageModelV4Usage,
  SharedV4Warning,
} from "@ai-sdk/provider"
import type * as Sdk from "@facet/sdk"
import type { Facet, Frame, InputRedaction, PromiseGuard } from "@facet/sdk"
import {
  callHook,
  GuardedCall,
  type GuardPart,
  type GuardPlan,
  pickGuardOptions,
  promptReadingsInSlices,
  type PromptReadings,
  runInSlices,
} from "@facet/sdk/words"
import { OpenModels, type SharedModel } from "../OpenModels.ts"
import { unknownUsage } from "../Results.ts"
import { toProviderError } from "../toProviderError.ts"
import { PartTexts } from "./PartTexts.ts"
import { promptMessages } from "./promptMessages.ts"
import type { Reader } from "./Reader.ts"
import { framesOf, streamOf } from "./GuardStreams.ts"
import { shieldedParts } from "./shieldedParts.ts"
import { resultWithoutForged } from "./withoutForged.ts"
import { redactedResult, shieldedResult, type Told } from "./shieldedResult.ts"
import { stringsOfPrompt, writtenPrompt } from "./writtenPrompt.ts"
import { canBlock, checkShieldOptions, type ShieldMiddlewareOptions } from "./ShieldMiddlewareOptions.ts"

type Call = LanguageModelV4CallOptions

/** What a model that was not called has used. */
const noUsage: LanguageModelV4Usage = {
  inputTokens: { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 0, text: 0, reasoning: 0 },
}

const noRawChunks: SharedV4Warning = {
  type: "unsupported",
  feature: "includeRawChunks",
  details: "Raw chunks hold the answer before it was judged: the shield leaves them out.",
}

interface RedactedInput {
  readonly redaction: InputRedaction
}

/** What a model's stream told of itself so far. */
interface ToldStream {
  readonly result: Omit<LanguageModelV4StreamResult, "stream">
  readonly usage: LanguageModelV4Usage
}

export class ModelShield {
  readonly #options: ShieldMiddlewareOptions
  readonly #models: OpenModels
  readonly #model: SharedModel
  readonly #whose: GuardPlan["whose"]
  readonly #canBlock: boolean
  /** Raw chunks cannot be taken apart into blocks, so they are not judged, and do not pass. */
  readonly #hidesRaw: boolean
  /** One guard for all calls, so that they share its turns. */
  #made: { readonly facet: Facet | undefined; readonly guard: PromiseGuard } | undefined

  constructor(options: ShieldMiddlewareOptions) {
    this.#whose = checkShieldOptions(options).whose
    this.#options = options
    this.#canBlock = canBlock(options)
    this.#hidesRaw = this.#canBlock && options.output !== false
    this.#models = new OpenModels({ facet: options.facet })
    this.#model = this.#models.text(undefined, "languageModel")
  }

  dispose(): Promise<void> {
    return this.#models.dispose()
  }

  async generate(model: LanguageModelV4, params: Call): Promise<LanguageModelV4GenerateResult> {
    const call = this.#call()
    try {
      const result = await this.#generate(model, params, call)
      call.end()
      return result
    } catch (error) {
      call.end({ error, isAborted: params.abortSignal?.aborted === true })
      throw error
    }
  }

  /** One call, which is told of once. */
  #call(): GuardedCall {
    const { onReport } = this.#options
    return new GuardedCall((report) => callHook("onReport", () => onReport?.(report)))
  }

  async #generate(model: LanguageModelV4, params: Call, call: GuardedCall): Promise<LanguageModelV4GenerateResult> {
    const { abortSignal: signal } = params
    const { guard, reader } = await this.#open(signal)
    const asked = { ...params }
    let told: Told = { result: undefined, usage: noUsage }
    let characters = 0
    const guarded = guard.frames({
      ...(await this.#asking(asked, reader)),
      signal,
      observe: call.observe,
      source: async ({ signal: trip }) => {
        told = { result: undefined, usage: unknownUsage }
        const result = resultWithoutForged(await model.doGenerate({ ...asked, abortSignal: either(signal, trip) }))
        told = { result, usage: result.usage }
        const texts = new PartTexts(params, reader).ofResult(result)
        characters = reader.charactersOf(texts)
        return one<Frame<LanguageModelV4GenerateResult>>({
          value: result,
          texts,
          redacted: (redacted) => {
            const said = redactedResult(result, texts, redacted, reader)
            if (said !== undefined && said !== result) told = { result: said, usage: result.usage }
            return said
          },
        })
      },
    })
    try {
      const parts: Array<GuardPart<LanguageModelV4GenerateResult>> = []
      for await (const part of guarded) {
        call.note(part)
        parts.push(part)
      }
      const { result } = told
      const isOut = result !== undefined && parts.some((part) => part.type === "value" && part.value === result)
      const cut = parts.find((part) => part.type === "report")?.report.redactedCharacters ?? 0
      if (isOut) call.sent(characters - cut)
      return await shieldedResult(parts, told, this.#options)
    } catch (error) {
      throw toProviderError(error, signal)
    }
  }

  async stream(model: LanguageModelV4, params: Call): Promise<LanguageModelV4StreamResult> {
    const call = this.#call()
    try {
      return await this.#stream(model, params, call)
    } catch (error) {
      call.end({ error, isAborted: params.abortSignal?.aborted === true })
      throw error
    }
  }

  async #stream(model: LanguageModelV4, params: Call, call: GuardedCall): Promise<LanguageModelV4StreamResult> {
    const { abortSignal: signal, includeRawChunks = false } = params
    const { guard, reader } = await this.#open(signal)
    const left = new AbortController()
    const started = Promise.withResolvers<void>()
    const asked = { ...params, includeRawChunks: includeRawChunks && !this.#hidesRaw }
    let told: ToldStream = { result: {}, usage: noUsage }
    const guarded = guard.frames({
      ...(await this.#asking(asked, reader)),
      signal: either(signal, left.signal),
      observe: call.observe,
      source: async ({ signal: trip }) => {
        told = { result: {}, usage: unknownUsage }
        const { stream, ...result } = await model.doStream({ ...asked, abortSignal: either(signal, trip) })
        told = { result, usage: unknownUsage }
        started.resolve()
        const isKept = (part: LanguageModelV4StreamPart) => {
          if (part.type === "finish") told = { result, usage: part.usage }
          return part.type !== "raw" || !this.#hidesRaw
        }
        return framesOf(stream, new PartTexts(params, reader), isKept, reader)
      },
    })
    const { onBlocked } = this.#options
    const warnings = includeRawChunks && this.#hidesRaw ? [noRawChunks] : []
    const usage = () => told.usage
    const isAborted = () => signal?.aborted === true || left.signal.aborted
    const parts = shieldedParts(guarded, { call, isAborted, onBlocked, usage, warnings, canBlock: this.#canBlock })
    // What the model refuses to begin is told by the call itself, which the AI SDK can repeat.
    const first = parts.next()
    try {
      await Promise.race([started.promise, first])
    } catch (error) {
      throw toProviderError(error, signal)
    }
    return { ...told.result, stream: streamOf({ first, parts, left, signal }) }
  }

  /** What is judged of a call, and how its prompt is written where something is cut out of it. */
  async #asking(asked: { prompt: Call["prompt"] }, reader: Reader): Promise<PromptReadings & RedactedInput> {
    const { prompt } = asked
    const { roles } = this.#whose
    const strings = this.#options.judge?.longestSpan === undefined ? [] : stringsOfPrompt(prompt, roles, reader)
    const rewrite: InputRedaction["rewrite"] = async (said) => {
      const written = writtenPrompt(prompt, roles, said, reader)
      const readings = await this.#readings(written, reader)
      asked.prompt = written
      return readings
    }
    return { ...(await this.#readings(prompt, reader)), redaction: { strings, rewrite } }
  }

  /** A prompt may be long, and others wait for this thread. */
  async #readings(prompt: Call["prompt"], reader: Reader): Promise<PromptReadings> {
    const messages = await runInSlices(promptMessages(prompt, this.#whose.roles, reader))
    return runInSlices(promptReadingsInSlices(messages, this.#whose))
  }

  async #open(signal: AbortSignal | undefined): Promise<{ readonly guard: PromiseGuard; readonly reader: Reader }> {
    // The AI SDK itself does not look before it calls.
    signal?.throwIfAborted()
    const sdk = await import("@facet/sdk")
    // A judge that asks no model has none opened for it, unless one is named.
    const isAlone = this.#options.facet === undefined && !sdk.needsModel(this.#options)
    const facet = isAlone ? undefined : await this.#model.open(signal)
    return { guard: this.#guard(sdk, facet, signal), reader: sdk }
  }

  #guard(sdk: typeof Sdk, facet: Facet | undefined, signal: AbortSignal | undefined): PromiseGuard {
    if (this.#made !== undefined && this.#made.facet === facet) return this.#made.guard
    try {
      const options = pickGuardOptions(this.#options)
      const guard = facet === undefined ? sdk.guardWithJudge(options) : facet.guard(options)
      this.#made = { facet, guard }
      return guard
    } catch (error) {
      throw toProviderError(error, signal)
    }
  }
}

const either = (signal: AbortSignal | undefined, other: AbortSignal): AbortSignal =>
  signal === undefined ? other : AbortSignal.any([signal, other])

async function* one<A>(value: A): AsyncGenerator<A, void, void> {
  yield value
}
