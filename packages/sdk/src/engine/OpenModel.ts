/** A model that is ready to run: its architecture, tokenizer and decoder session. */
import type { Tensor } from "onnxruntime-common"
import type { Architecture } from "../architectures/Architecture.ts"
import type { ModelFiles } from "../files/ModelFiles.ts"
import { type Head, names } from "../graph/Decoder.ts"
import type { ModelConfig } from "../graph/ModelConfig.ts"
import type { Runtime, Tensors } from "../runtime/Runtime.ts"
import type { Tokenizer } from "../tokenizer/Tokenizer.ts"
import type { Device } from "../words/Device.ts"
import type { PrefillRule, ReuseRule } from "../words/EngineSettings.ts"
import type { Progress } from "../words/Progress.ts"
import type { ShieldSpelling } from "../words/ShieldSpelling.ts"
import { type Site, siteKey } from "../words/Site.ts"
import { functionTokens } from "../words/ToolFormat.ts"
import { areRowsExact } from "./areRowsExact.ts"
import { Constraints, grammarBytesOf } from "./constraint/index.ts"
import { Feeds, readsCandidates } from "./Feeds.ts"
import { fingerprintOf } from "./fingerprintOf.ts"
import type { Forward, Lane, Wanted } from "./Forward.ts"
import { Interventions } from "./Interventions.ts"
import { Judgements } from "./Judgements.ts"
import { KeyValues, sequenceKey } from "./KeyValues.ts"
import { type ModelParts, OpeningProgress, readParts } from "./ModelParts.ts"
import { lanesOf, ModelSession, type Openings, operatorsFor } from "./ModelSession.ts"
import { type Lease, PrefixCache } from "./PrefixCache.ts"
import { RecentlyUsed } from "./RecentlyUsed.ts"
import { spellingOfTemplate } from "./spellingOfTemplate.ts"
import { anyRow, isExactChunk, paired, pairedRows, type Reuse, wholeChunks } from "./Reuse.ts"
import { singleToken } from "./singleToken.ts"
import { residuals, union } from "./SiteSets.ts"

/** Questions whose options' logits without a text are kept: more than any app asks. */
const mostPriors = 4_096

export interface OpenModelOptions {
  readonly files: ModelFiles
  readonly runtime: Runtime
  /** What it is opened for first; another can be added later, at the price of opening the session again. */
  readonly heads: ReadonlyArray<Head>
  /** The most bytes that the prefix cache may keep. */
  readonly cacheBytes: number
  /** See {@link KeyValuesOptions}. */
  readonly slack?: number | undefined
  /** `any`: rows that decoding made may be taken over, too. Default `exact`. */
  readonly reuse?: ReuseRule | undefined
  /** What prompts are multiplied as. Default `weights`. */
  readonly prefill?: PrefillRule | undefined
  /** Whether weights are laid out in a file that processes share. Default `false`. */
  readonly shareWeights?: boolean | undefined
  /** Sequences that a run can give a token each, where the device can; by default one. */
  readonly lanes?: number | undefined
}

/** What a model runs with. */
interface Ready {
  readonly session: ModelSession
  readonly reuse: Reuse
}

export class OpenModel {
  readonly architecture: Architecture
  readonly config: ModelConfig
  readonly tokenizer: Tokenizer
  readonly cache: PrefixCache<KeyValues>
  readonly judgements = new Judgements()
  /** The logits that the options of questions have without a text. */
  readonly priors = new RecentlyUsed<ReadonlyArray<number>>(mostPriors)
  /** The forms that texts are held to. */
  readonly constraints: Constraints
  /** The tokens that end a generation: those that the folder names, and the one that ends a turn. */
  readonly endIds: ReadonlySet<number>
  /** The token ids of ShieldGemma's two answers, without a leading space: 3553 and 1294 in Google's vocabulary. */
  readonly answers: { readonly yes: number; readonly no: number }
  /** How this checkpoint's prompts are spelt when it judges. */
  readonly spelling: ShieldSpelling
  /** Parts of the folder that are no part of the text model, in words. */
  readonly leftOut: ReadonlyArray<string>
  readonly #options: OpenModelOptions
  readonly #parts: ModelParts
  readonly #reuse: Reuse
  /** What lanes attend to that are nobody's. */
  readonly #nobody: KeyValues
  readonly #feeds: Feeds
  readonly #session: ModelSession
  #background: Promise<void> = Promise.resolve()
  #fingerprint: Promise<string> | undefined

  private constructor(options: OpenModelOptions, parts: ModelParts, { reuse, session }: Ready) {
    const { located, model, tokenizer } = parts
    const { architecture, config } = model
    this.#options = options
    this.#parts = parts
    this.architecture = architecture
    this.config = config
    this.tokenizer = tokenizer
    this.constraints = new Constraints({ vocabSize: config.vocabSize, bytesOf: grammarBytesOf(tokenizer) })
    this.leftOut = located.leftOut
    this.answers = { yes: singleToken(tokenizer, "Yes"), no: singleToken(tokenizer, "No") }
    this.spelling = config.shieldSpelling ?? spellingOfTemplate(tokenizer.templateSource) ?? "A"
    const endOfTurn = tokenizer.controls.get(architecture.endOfTurn)
    const endOfCalls = tokenizer.toolFormat && tokenizer.controls.get(functionTokens.response[0])
    const ends = [endOfTurn, endOfCalls].filter((id) => id !== undefined)
    this.endIds = new Set([...config.eosIds, ...ends])
    this.#reuse = reuse
    this.#session = session
    this.#nobody = this.newSequence(1)
    const { attention } = operatorsFor(options.runtime, config)
    this.#feeds = new Feeds({ config, attention, lanes: this.lanes, nobody: this.#nobody })
    this.cache = new PrefixCache({ maxBytes: options.cacheBytes })
  }

  /**
   * Checks a model folder and opens it.
   *
   * @param taps the sites that runs will ask for beside the residual stream of each layer, which is there for nothing.
   * Others can be added later, at the price of opening the session again.
   */
  static async open(
    options: OpenModelOptions,
    taps: ReadonlyArray<Site>,
    onProgress: (progress: Progress) => void,
  ): Promise<OpenModel> {
    const progress = new OpeningProgress(options.files, onProgress)
    const { heads, prefill = "weights", shareWeights = false } = options
    const wanted = { taps, prefill, shareWeights, writes: heads.includes("vocabulary") }
    const parts = await readParts(options.files, options.runtime, wanted, progress)
    const session = await ModelSession.open(options, parts, {
      heads,
      // A guard writes nothing whose traces somebody could want.
      taps: wanted.writes ? union(residuals(parts.model.config), taps) : taps,
      interventions: [],
    })
    const found = await OpenModel.#reuseOf(options, parts)
    const reuse = options.reuse === "any" ? { ...found, unit: 1, isExact: false } : found
    const opened = new OpenModel(options, parts, { session, reuse })
    progress.end()
    return opened
  }

  /** Found out with the first layer alone: all have the same operators. */
  static async #reuseOf(options: OpenModelOptions, parts: ModelParts): Promise<Reuse> {
    const { config } = parts.model
    if (config.quantization === null) return anyRow
    // Of other devices nobody has seen it.
    if (options.runtime.name !== "cpu") return wholeChunks
    const site: Site = { layer: 0, site: "resid_post" }
    const model = await OpenModel.#firstLayers(options, parts, 1, [site])
    try {
      return (await areRowsExact(model, site)) ? pairedRows : wholeChunks
    } finally {
      await model.release()
    }
  }

  static async #firstLayers(
    options: OpenModelOptions,
    parts: ModelParts,
    layers: number,
    taps: ReadonlyArray<Site>,
  ): Promise<OpenModel> {
    const first: ModelParts = { ...parts, model: { ...parts.model, config: { ...parts.model.config, layers } } }
    const session = await ModelSession.open(options, first, { heads: ["candidates"], taps, interventions: [] })
    return new OpenModel(options, first, { session, reuse: pairedRows })
  }

  /** The same model cut off after its first layers, for candidates alone: here, or on another runtime. */
  async firstLayers(layers: number, runtime?: Runtime): Promise<OpenModel> {
    if (runtime === undefined) return OpenModel.#firstLayers(this.#options, this.#parts, layers, [])
    const { files } = this.#options
    const weights = { ...this.#parts.located, quantization: this.config.quantization }
    const parts = { ...this.#parts, placed: await runtime.placeModel(files, weights), prompts: undefined }
    return OpenModel.#firstLayers({ ...this.#options, runtime }, parts, layers, [])
  }

  /** See {@link fingerprintOf}. */
  fingerprint(): Promise<string> {
    this.#fingerprint ??= fingerprintOf(this.#options.files, this.#parts.located)
    this.#fingerprint.catch(() => (this.#fingerprint = undefined))
    return this.#fingerprint
  }

  /** What it runs on. */
  get device(): Required<Omit<Device, "rejected">> {
    const { runtime } = this.#options
    const { quantization } = this.config
    const { specs } = this.#parts.located
    return { name: runtime.name, precision: runtime.precision({ specs, quantization }), threads: runtime.threads }
  }

  /** The model's folder. */
  get root(): string {
    return this.#options.files.root
  }

  /** Which rows of an earlier request's a request may take over. */
  get reuse(): Reuse {
    return this.#reuse
  }

  /** A sequence that is nobody else's, with room for so many tokens. Whoever takes it disposes of it. */
  newSequence(room?: number, interventions = Interventions.none, salt?: string): KeyValues {
    const { runtime, slack } = this.#options
    return KeyValues.make({ config: this.config, runtime, interventions, room, salt, slack })
  }

  /**
   * Resolves when no work in the background has a sequence of the cache: who would take one then would find it gone.
   */
  get undisturbed(): Promise<void> {
    return this.#background
  }

  /** Does work in the background on a sequence of the cache. */
  alone(work: () => Promise<void>): Promise<void> {
    const done = work()
    this.#background = done.catch(() => {})
    return done
  }

  /** A sequence that begins like the tokens, with what the cache holds of them. Whoever takes it gives it back. */
  acquireSequence(tokens: ReadonlyArray<number>, interventions: Interventions, salt: string): Lease<KeyValues> {
    return this.cache.acquire(tokens, {
      reuse: this.#reuse,
      key: sequenceKey(interventions, salt),
      create: () => this.newSequence(undefined, interventions, salt),
    })
  }

  /** Whether runs can do what is wanted as the session is. */
  isOpenFor(wanted: Partial<Openings>): boolean {
    return this.#session.isOpenFor(wanted)
  }

  /** Opens the session again for more. The caches stay valid: the weights are the same. */
  openFor(wanted: Partial<Openings>): Promise<void> {
    return this.#session.openFor(wanted)
  }

  /** Runs new tokens after those of `sequence`, which takes their keys and values. */
  async forward(sequence: KeyValues, tokens: ReadonlyArray<number>, wanted: Wanted = {}): Promise<Forward> {
    const { candidates, exact = false, rows = [], taps = [] } = wanted
    const { openings } = this.#session
    const run = exact ? this.#inCompany(sequence, tokens) : tokens
    sequence.reserve(run.length)
    const feeds = this.#feeds.ofRun(sequence, run, wanted, openings)
    const keys = taps.map(siteKey)
    const logits = readsCandidates(candidates, openings) ? names.candidateLogits : names.logits
    const head = rows.length > 0 ? [logits] : []
    const outputs = await this.#session.run(feeds, [names.newKeyValues, ...head, ...keys], exact)
    const isExact = exact && (run !== tokens || isExactChunk({ start: sequence.length, tokens }, this.#reuse))
    sequence.append(tokens, { tensor: newRowsOf(outputs), first: 0 }, isExact)
    const ofTokens = (values: Float32Array) => values.subarray(0, (values.length / run.length) * tokens.length)
    return {
      logits: rows.length > 0 ? floats(outputs, logits) : new Float32Array(0),
      taps: new Map(keys.map((key) => [key, ofTokens(floats(outputs, key))])),
    }
  }

  /** How many guessed tokens may run beside the next one; 0 where a run of several rows is no bargain. */
  get mostDrafted(): number {
    return this.#options.runtime.mostDrafted
  }

  /** How many sequences a run can give a token each. */
  get lanes(): number {
    return lanesOf(this.#options, this.config)
  }

  /**
   * Gives sequences a token each, in one run, and gives what each would get alone, to the last bit: one that is alone gets
   * company, too.
   *
   * @param lanes at least one and no more than {@link lanes}; all of the same interventions.
   */
  async forwardLanes(lanes: ReadonlyArray<Lane>): Promise<ReadonlyArray<Forward>> {
    const [first] = lanes
    if (first === undefined || lanes.length > this.lanes) throw new Error(`a run of ${lanes.length} lanes`)
    for (const { sequence } of lanes) sequence.reserve(1)
    // Where rows are the same bits in any even number, two are enough for one or two.
    const isPair = lanes.length <= 2 && this.#reuse.cut === "pairs"
    // Rows of nobody's are the first lane's once more.
    const rows = Array.from({ length: isPair ? 2 : this.lanes }, (_, row) => lanes[row] ?? first)
    const taps = union(
      [],
      lanes.flatMap((lane) => lane.taps),
    )
    const feeds = this.#feeds.ofLanes(lanes, rows, isPair ? lanes.length : this.lanes, this.#session.openings)
    const outputs = await this.#session.run(feeds, [names.newKeyValues, names.logits, ...taps.map(siteKey)], false)
    return lanes.map((lane, row) => {
      const part = (name: string): Float32Array => {
        const values = floats(outputs, name)
        const width = values.length / rows.length
        return values.subarray(row * width, (row + 1) * width)
      }
      lane.sequence.append([lane.token], { tensor: newRowsOf(outputs), first: row }, false)
      return {
        logits: part(names.logits),
        taps: new Map(lane.taps.map((site) => [siteKey(site), part(siteKey(site))])),
      }
    })
  }

  /**
   * Runs some tokens together, and gives what each alone would give: its logits and taps. Where the last of them could not
   * be forgotten again, only the first is run.
   */
  async forwardEach(
    sequence: KeyValues,
    tokens: ReadonlyArray<number>,
    taps: ReadonlyArray<Site>,
  ): Promise<ReadonlyArray<Forward>> {
    sequence.reserve(tokens.length)
    const run = sequence.shortest > sequence.length + 1 ? tokens.slice(0, 1) : tokens
    const rows = Array.from(run, (_, i) => i)
    const all = await this.forward(sequence, run, { rows, taps, few: true })
    const part = (values: Float32Array, row: number) => {
      const width = values.length / run.length
      return values.subarray(row * width, (row + 1) * width)
    }
    return rows.map((row) => ({
      logits: part(all.logits, row),
      taps: new Map([...all.taps].map(([key, values]) => [key, part(values, row)])),
    }))
  }

  /** The tokens of a run whose rows others may take over; at the very end of the context there is no room for company. */
  #inCompany({ length }: KeyValues, tokens: ReadonlyArray<number>): ReadonlyArray<number> {
    const run = this.#reuse.cut === "pairs" ? paired(tokens) : tokens
    return length + run.length > this.config.contextLength ? tokens : run
  }

  async release(): Promise<void> {
    this.cache.clear()
    this.#nobody.dispose()
    await this.#session.release()
  }
}

function floats(outputs: Tensors, name: string): Float32Array {
  const data = outputs[name]?.data
  if (!(data instanceof Float32Array)) throw new Error(`the graph gave no ${name}`)
  return data
}

function newRowsOf(outputs: Tensors): Tensor {
  const rows = outputs[names.newKeyValues]
  if (rows === undefined) throw new Error("the graph gave no new keys and values")
  return rows
}
