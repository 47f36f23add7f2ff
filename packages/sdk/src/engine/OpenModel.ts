/** A model that is ready to run: its architecture, tokenizer and decoder session. */
import { Tensor } from "onnxruntime-common"
import type { Architecture } from "../architectures/Architecture.ts"
import type { ModelTensors } from "../architectures/locateTensors.ts"
import { openTensors } from "../architectures/openTensors.ts"
import { type Model, readModel } from "../architectures/readModel.ts"
import { configFile, tokenizerFile } from "../files/ModelFileNames.ts"
import type { ModelFiles } from "../files/ModelFiles.ts"
import { attentionKind, makeMask } from "../graph/attention.ts"
import { buildDecoder, type Head, names, type Operators } from "../graph/Decoder.ts"
import { type LayerKind, layerKinds, type ModelConfig, siteWidth } from "../graph/ModelConfig.ts"
import { RotaryTables } from "../graph/Rotary.ts"
import type { Placed, Runtime, Session, Tensors } from "../runtime/Runtime.ts"
import { openTokenizer, type Tokenizer } from "../tokenizer/Tokenizer.ts"
import type { Device } from "../words/Device.ts"
import type { ReuseRule } from "../words/EngineSettings.ts"
import type { Progress } from "../words/Progress.ts"
import type { ShieldSpelling } from "../words/ShieldSpelling.ts"
import { checkLayer, type Site, siteKey } from "../words/Site.ts"
import type { TensorLocations } from "../words/Tensors.ts"
import { areRowsExact } from "./areRowsExact.ts"
import { Constraints } from "./constraint/index.ts"
import { fingerprintOf } from "./fingerprintOf.ts"
import { Interventions } from "./Interventions.ts"
import { Judgements } from "./Judgements.ts"
import { KeyValues, sequenceKey } from "./KeyValues.ts"
import { type Lease, PrefixCache } from "./PrefixCache.ts"
import { RecentlyUsed } from "./RecentlyUsed.ts"
import { spellingOfTemplate } from "./spellingOfTemplate.ts"
import { anyRow, isExactChunk, paired, pairedRows, type Reuse, wholeChunks } from "./Reuse.ts"

/** A sequence that gets its next token in a run with others. */
export interface Lane {
  readonly sequence: KeyValues
  readonly token: number
  readonly taps: ReadonlyArray<Site>
}

/** Questions whose options' logits without a text are kept: more than any app asks. */
const mostPriors = 4_096

/** Stands where no mask is read. */
const noMask = new Tensor("float32", new Float32Array(1), [1, 1, 1, 1])

/** What one forward pass gives besides the new keys and values. */
export interface Wanted {
  /** Positions among the new tokens whose logits are wanted; none by default. */
  readonly rows?: ReadonlyArray<number>
  /** The token ids whose logits are wanted, of a model that has the `candidates` head; otherwise all are given. */
  readonly candidates?: ReadonlyArray<number>
  /** Sites whose tensors are wanted. */
  readonly taps?: ReadonlyArray<Site>
  /** Whether they are so few that attending to them by the formula costs less than a copy of the keys and values. */
  readonly few?: boolean
  /** Whether the rows are to be such that other requests may take them over: see {@link Reuse}. */
  readonly exact?: boolean
}

export interface Forward {
  /** `[rows, vocabSize]` or `[rows, candidates]`, row by row; empty when no rows were wanted. */
  readonly logits: Float32Array
  /** `[tokens, width]` for each wanted site, under its key. */
  readonly taps: ReadonlyMap<string, Float32Array>
}

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
  /** Sequences that a run can give a token each, where the device can; by default one. */
  readonly lanes?: number | undefined
}

/** What a session is opened for: runs can read the heads, fetch the taps, and intervene at the sites. */
export interface Openings {
  readonly heads: ReadonlyArray<Head>
  readonly taps: ReadonlyArray<Site>
  readonly interventions: ReadonlyArray<Site>
}

/** What a model runs with. */
interface Ready {
  readonly session: Session
  readonly openings: Openings
  readonly reuse: Reuse
}

/** What was read of a model's folder. */
interface Parts {
  readonly model: Model
  readonly located: ModelTensors
  readonly tokenizer: Tokenizer
  readonly placed: Placed<TensorLocations>
}

/** The id of a word that is one token; -1 in a vocabulary that has no such token, which then cannot be asked for it. */
export const singleToken = (tokenizer: Tokenizer, word: string): number => {
  const ids = tokenizer.encodePlain(word)
  return ids.length === 1 ? (ids[0] ?? -1) : -1
}

const int64 = (values: ReadonlyArray<number>, shape: ReadonlyArray<number> = [values.length]) =>
  new Tensor("int64", BigInt64Array.from(values, BigInt), shape)
const int32 = (value: number) => new Tensor("int32", Int32Array.of(value), [1])

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
  readonly #parts: Parts
  readonly #rotary: RotaryTables
  readonly #reuse: Reuse
  /** What lanes attend to that are nobody's. */
  readonly #nobody: KeyValues
  #session: Session
  #openings: Openings
  #background: Promise<void> = Promise.resolve()
  #fingerprint: Promise<string> | undefined

  private constructor(options: OpenModelOptions, parts: Parts, { openings, reuse, session }: Ready) {
    const { located, model, tokenizer } = parts
    const { architecture, config } = model
    this.#options = options
    this.#parts = parts
    this.architecture = architecture
    this.config = config
    this.tokenizer = tokenizer
    this.constraints = new Constraints({ vocabSize: config.vocabSize, bytesOf: (id) => tokenizer.bytesOf(id) })
    this.leftOut = located.leftOut
    this.answers = { yes: singleToken(tokenizer, "Yes"), no: singleToken(tokenizer, "No") }
    this.spelling = config.shieldSpelling ?? spellingOfTemplate(tokenizer.templateSource) ?? "A"
    const endOfTurn = tokenizer.controls.get(architecture.endOfTurn)
    this.endIds = new Set(endOfTurn === undefined ? config.eosIds : [...config.eosIds, endOfTurn])
    this.#rotary = new RotaryTables(config)
    this.#reuse = reuse
    this.#session = session
    this.#openings = openings
    this.#nobody = this.newSequence(1)
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
    const { files, runtime } = options
    const model = await readModel(files)
    const { architecture, config } = model
    const located = await openTensors(files, model)
    for (const { layer } of taps) checkLayer(config.layers, layer)
    const weights = [...new Set([...located.tensors.values()].map((tensor) => tensor.file))]
    const tokenizerBytes = await files.size(tokenizerFile)
    let totalBytes = tokenizerBytes
    for (const file of weights) totalBytes += await files.size(file)
    const report = (phase: Progress["phase"], file: string, loadedBytes: number) =>
      onProgress({ phase, model: files.root, file, loadedBytes, totalBytes })
    report("files", configFile, 0)
    const tokenizer = await openTokenizer(files, { vocabSize: config.vocabSize, template: architecture.template })
    report("files", tokenizerFile, tokenizerBytes)
    report("session", weights.join(", "), tokenizerBytes)
    const placed = await runtime.placeModel(files, { ...located, quantization: config.quantization })
    const parts: Parts = { model, located, tokenizer, placed }
    const openings: Openings = {
      heads: options.heads,
      // A guard writes nothing whose traces somebody could want.
      taps: options.heads.includes("vocabulary") ? union(residuals(config), taps) : taps,
      interventions: [],
    }
    const session = await openSession(options, parts, openings)
    const found = await OpenModel.#reuseOf(options, parts)
    const reuse = options.reuse === "any" ? { ...found, unit: 1, isExact: false } : found
    const opened = new OpenModel(options, parts, { openings, session, reuse })
    report("ready", weights.join(", "), totalBytes)
    return opened
  }

  /** Found out with the first layer alone: all have the same operators. */
  static async #reuseOf(options: OpenModelOptions, parts: Parts): Promise<Reuse> {
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
    parts: Parts,
    layers: number,
    taps: ReadonlyArray<Site>,
  ): Promise<OpenModel> {
    const openings: Openings = { heads: ["candidates"], taps, interventions: [] }
    const first: Parts = { ...parts, model: { ...parts.model, config: { ...parts.model.config, layers } } }
    const session = await openSession(options, first, openings)
    return new OpenModel(options, first, { openings, session, reuse: pairedRows })
  }

  /** The same model cut off after its first layers, for candidates alone: here, or on another runtime. */
  async firstLayers(layers: number, runtime?: Runtime): Promise<OpenModel> {
    if (runtime === undefined) return OpenModel.#firstLayers(this.#options, this.#parts, layers, [])
    const { files } = this.#options
    const weights = { ...this.#parts.located, quantization: this.config.quantization }
    const parts = { ...this.#parts, placed: await runtime.placeModel(files, weights) }
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
    const { heads = [], interventions = [], taps = [] } = wanted
    const open = this.#openings
    return (
      covers(open.taps, taps) &&
      covers(open.interventions, interventions) &&
      heads.every((head) => open.heads.includes(head))
    )
  }

  /** Opens the session again for more. The caches stay valid: the weights are the same. */
  async openFor(wanted: Partial<Openings>): Promise<void> {
    if (this.isOpenFor(wanted)) return
    const { heads = [], interventions = [], taps = [] } = wanted
    const openings: Openings = {
      heads: [...new Set([...this.#openings.heads, ...heads])],
      taps: union(this.#openings.taps, taps),
      interventions: union(this.#openings.interventions, interventions),
    }
    const session = await openSession(this.#options, this.#parts, openings)
    await this.#session.release()
    this.#session = session
    this.#openings = openings
  }

  /** Runs new tokens after those of `sequence`, which takes their keys and values. */
  async forward(sequence: KeyValues, tokens: ReadonlyArray<number>, wanted: Wanted = {}): Promise<Forward> {
    const { candidates, exact = false, few = false, rows = [], taps = [] } = wanted
    const run = exact ? this.#inCompany(sequence, tokens) : tokens
    sequence.reserve(run.length)
    const feeds: Record<string, Tensor> = {
      ...sequence.feeds,
      ...this.#position(sequence, run.length, few || run.length === 1),
      ...this.#interventions(
        sequence.interventions,
        Array.from(run, (_, i) => sequence.length + i),
      ),
      ...this.#otherLanes(),
      [names.inputIds]: int64(run, [1, run.length]),
      ...this.#rows(rows, candidates),
    }
    const keys = taps.map(siteKey)
    const logits = this.#isFew(candidates) ? names.candidateLogits : names.logits
    const head = rows.length > 0 ? [logits] : []
    const outputs = await this.#session.run(feeds, [names.newKeyValues, ...head, ...keys])
    const isExact = exact && (run !== tokens || isExactChunk({ start: sequence.length, tokens }, this.#reuse))
    sequence.append(tokens, { tensor: newRowsOf(outputs), first: 0 }, isExact)
    const ofTokens = (values: Float32Array) => values.subarray(0, (values.length / run.length) * tokens.length)
    return {
      logits: rows.length > 0 ? floats(outputs, logits) : new Float32Array(0),
      taps: new Map(keys.map((key) => [key, ofTokens(floats(outputs, key))])),
    }
  }

  #isFew(candidates: ReadonlyArray<number> | undefined): boolean {
    return candidates !== undefined && this.#openings.heads.includes("candidates")
  }

  /** What each head reads. */
  #rows(rows: ReadonlyArray<number>, candidates: ReadonlyArray<number> | undefined): Tensors {
    const { heads } = this.#openings
    const isFew = this.#isFew(candidates)
    return {
      ...(heads.includes("vocabulary") && { [names.rows]: int64(isFew ? [] : rows) }),
      ...(heads.includes("candidates") && {
        [names.candidateRows]: int64(isFew ? rows : []),
        // No device is asked to look nothing up.
        [names.candidates]: int64(candidates === undefined || candidates.length === 0 ? [0] : candidates),
      }),
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
    // Where rows are the same bits in any even number, two are enough for one.
    const isPair = lanes.length === 1 && this.#reuse.cut === "pairs"
    // Rows of nobody's are the first lane's once more.
    const rows = Array.from({ length: isPair ? 2 : this.lanes }, (_, row) => lanes[row] ?? first)
    const positions = rows.map(({ sequence }) => sequence.length)
    const taps = union(
      [],
      lanes.flatMap((lane) => lane.taps),
    )
    const feeds: Record<string, Tensor> = {
      ...this.#laneBuffers(lanes),
      // RotaryEmbedding wants a table of at least as many rows as it turns.
      ...this.#turns(0, Math.max(...positions, rows.length - 1) + 1),
      ...this.#interventions(first.sequence.interventions, positions),
      ...this.#rows(
        rows.map((_, row) => row),
        undefined,
      ),
      [names.positions]: int64(positions, [1, rows.length]),
      [names.lanes]: int64([isPair ? 1 : this.lanes]),
      [names.inputIds]: int64(
        rows.map(({ token }) => token),
        [1, rows.length],
      ),
    }
    const outputs = await this.#session.run(feeds, [names.newKeyValues, names.logits, ...taps.map(siteKey)])
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

  /** What each lane attends to; those of nobody's attend to themselves. */
  #laneBuffers(lanes: ReadonlyArray<Lane>): Tensors {
    const feeds: Record<string, Tensor> = {}
    const kinds = layerKinds(this.config)
    for (let lane = 0; lane < this.lanes; lane++) {
      const sequence = lanes[lane]?.sequence ?? this.#nobody
      Object.assign(feeds, sequence.feedsOf(lane))
      for (const kind of kinds) feeds[names.mask(kind, lane)] = this.#mask(kind, sequence, 1)
    }
    for (const kind of kinds) {
      feeds[names.pastLength(kind)] = int64([0])
      feeds[names.totalLength(kind)] = int32(1)
      feeds[names.lastSlot(kind)] = int32(0)
    }
    return feeds
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

  /**
   * What tells attention where the new tokens stand.
   *
   * @param isMasked whether the formula attends, which reads a mask, where there is a choice.
   */
  #position(sequence: KeyValues, tokens: number, isMasked: boolean): Tensors {
    const { length } = sequence
    const kinds = layerKinds(this.config)
    if (operatorsFor(this.#options.runtime, this.config).attention === "decomposed") {
      const masks = kinds.map((kind) => [names.mask(kind), this.#mask(kind, sequence, tokens)] as const)
      return { ...this.#turns(length, length + tokens), ...Object.fromEntries(masks) }
    }
    const feeds: Record<string, Tensor> = { ...this.#turns(0, length + tokens) }
    for (const kind of kinds) {
      const past = sequence.rows[kind]
      feeds[names.pastLength(kind)] = int64([past])
      feeds[names.totalLength(kind)] = int32(past + tokens)
      feeds[names.lastSlot(kind)] = int32(past + tokens - 1)
      feeds[names.mask(kind)] = isMasked ? this.#mask(kind, sequence, tokens) : noMask
    }
    feeds[names.positions] = int64(
      Array.from({ length: tokens }, (_, i) => length + i),
      [1, tokens],
    )
    return feeds
  }

  #mask(kind: LayerKind, sequence: KeyValues, tokens: number): Tensor {
    const capacity = sequence.capacity[kind]
    const window = kind === "sliding" ? this.config.slidingWindow : Infinity
    const mask = makeMask(window, { past: sequence.rows[kind], tokens, capacity })
    return new Tensor("float32", mask, [1, 1, tokens, capacity + tokens])
  }

  /** Cosines and sines of the positions `from .. to - 1`. */
  #turns(from: number, to: number): Tensors {
    const shape = [to - from, this.config.headDim / 2]
    const feeds: Record<string, Tensor> = {}
    for (const [kind, { cos, sin }] of this.#rotary.rows(from, to)) {
      feeds[names.cos(kind)] = new Tensor("float32", cos, shape)
      feeds[names.sin(kind)] = new Tensor("float32", sin, shape)
    }
    return feeds
  }

  /** At a site where this sequence has no intervention, but another may have one, zeros are added. */
  #interventions(interventions: Interventions, positions: ReadonlyArray<number>): Tensors {
    const { interventions: sites } = this.#openings
    const feeds: Record<string, Tensor> = {}
    for (const site of sites) {
      Object.assign(feeds, interventions.feedsAt(site, siteWidth(this.config, site.site), positions))
    }
    return feeds
  }

  /** A run of one sequence reads nothing of the other lanes. */
  #otherLanes(): Tensors {
    if (this.lanes === 1) return {}
    const feeds: Record<string, Tensor> = { [names.lanes]: int64([0]) }
    for (let lane = 1; lane < this.lanes; lane++) {
      Object.assign(feeds, this.#nobody.feedsOf(lane))
      for (const kind of layerKinds(this.config)) feeds[names.mask(kind, lane)] = noMask
    }
    return feeds
  }

  async release(): Promise<void> {
    this.cache.clear()
    this.#nobody.dispose()
    await this.#session.release()
  }
}

const operatorsFor = ({ operators }: Runtime, config: ModelConfig): Operators => ({
  ...operators,
  attention: attentionKind(operators.attention, config),
})

/** How many sequences a run can give a token each: the decomposed form knows one. */
const lanesOf = ({ lanes = 1, runtime }: OpenModelOptions, config: ModelConfig): number =>
  operatorsFor(runtime, config).attention === "fused" ? lanes : 1

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

function openSession(
  options: OpenModelOptions,
  { located, model, placed }: Parts,
  openings: Openings,
): Promise<Session> {
  const { architecture, config } = model
  const decoder = { config, specs: located.specs, tensors: placed.tensors, formula: architecture.formula(config) }
  const operators = operatorsFor(options.runtime, config)
  return placed.open(buildDecoder(decoder, { operators, lanes: lanesOf(options, config), ...openings }))
}

const residuals = ({ layers }: ModelConfig): ReadonlyArray<Site> =>
  Array.from({ length: layers }, (_, layer) => ({ layer, site: "resid_post" }))

const covers = (open: ReadonlyArray<Site>, wanted: ReadonlyArray<Site>): boolean =>
  wanted.every((site) => open.some((other) => siteKey(other) === siteKey(site)))

const union = (open: ReadonlyArray<Site>, more: ReadonlyArray<Site>): ReadonlyArray<Site> => [
  ...open,
  ...more.filter((site) => !covers(open, [site])),
]
