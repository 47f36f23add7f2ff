/** A model that is ready to run: its configuration, tokenizer and decoder session. */
import { Tensor } from "onnxruntime-common"
import type { Device } from "../Device.ts"
import { makeMasks } from "../graph/Attention.ts"
import { buildDecoder, type Head, names } from "../graph/Decoder.ts"
import { checkLayer, type Site, siteKey } from "../graph/Sites.ts"
import type { ModelFiles } from "../hub/ModelFiles.ts"
import { type GemmaConfig, readConfig } from "../model/Config.ts"
import { checkBlocks, checkGemmaTensors, openSafetensors, type TensorLocation } from "../model/Safetensors.ts"
import { openTokenizer, type Tokenizer } from "../model/Tokenizer.ts"
import type { Placed, Runtime, Session } from "../runtime/Runtime.ts"
import { Judgements } from "./Judgements.ts"
import { chunkLength, KeyValues } from "./KeyValues.ts"
import { PrefixCache } from "./PrefixCache.ts"
import type { Progress } from "./Request.ts"

/** What one forward pass gives besides the new keys and values. */
export interface Wanted {
  /** Positions among the new tokens whose logits are wanted; none by default. */
  readonly rows?: ReadonlyArray<number>
  /** Token ids for a model that was opened with the `candidates` head. */
  readonly candidates?: ReadonlyArray<number>
  /** Sites whose tensors are wanted. */
  readonly taps?: ReadonlyArray<Site>
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
  readonly head: Head
  /** The most bytes that the prefix cache may keep. */
  readonly cacheBytes: number
}

type Weights = Placed<ReadonlyMap<string, TensorLocation>>

const tokenizerFile = "tokenizer.json"

/** The id of a word that is one token; -1 in a vocabulary that has no such token, which then cannot be a guard's. */
const singleToken = (tokenizer: Tokenizer, word: string): number => {
  const ids = tokenizer.encodePlain(word)
  return ids.length === 1 ? (ids[0] ?? -1) : -1
}

const int64 = (values: ReadonlyArray<number>, shape: ReadonlyArray<number> = [values.length]) =>
  new Tensor("int64", BigInt64Array.from(values, BigInt), shape)
const int32 = (value: number) => new Tensor("int32", Int32Array.of(value), [1])

export class OpenModel {
  readonly config: GemmaConfig
  readonly tokenizer: Tokenizer
  readonly cache: PrefixCache<KeyValues>
  readonly judgements = new Judgements()
  /** The token ids of ShieldGemma's two answers, without a leading space: 3553 and 1294 in Google's vocabulary. */
  readonly answers: { readonly yes: number; readonly no: number }
  readonly #options: OpenModelOptions
  readonly #weights: Weights
  #session: Session
  #taps: ReadonlyArray<Site>

  private constructor(
    options: OpenModelOptions,
    config: GemmaConfig,
    tokenizer: Tokenizer,
    weights: Weights,
    session: Session,
    taps: ReadonlyArray<Site>,
  ) {
    this.#options = options
    this.config = config
    this.tokenizer = tokenizer
    this.answers = { yes: singleToken(tokenizer, "Yes"), no: singleToken(tokenizer, "No") }
    this.#weights = weights
    this.#session = session
    this.#taps = taps
    this.cache = new PrefixCache({
      maxBytes: options.cacheBytes,
      create: () => KeyValues.make(config, options.runtime),
    })
  }

  /**
   * Checks a model folder and opens it.
   *
   * @param taps the sites that runs will ask for, given the model's configuration. Others can be added later, at the
   * price of opening the session again.
   */
  static async open(
    options: OpenModelOptions,
    taps: ReadonlyArray<Site>,
    onProgress: (progress: Progress) => void,
  ): Promise<OpenModel> {
    const { files, head, runtime } = options
    const config = await readConfig(files)
    const tensors = await openSafetensors(files)
    checkBlocks(config, files.root)
    checkGemmaTensors(config, tensors, files.root)
    for (const { layer } of taps) checkLayer(config, layer)
    const weights = [...new Set([...tensors.values()].map((tensor) => tensor.file))]
    const tokenizerBytes = await files.size(tokenizerFile)
    let totalBytes = tokenizerBytes
    for (const file of weights) totalBytes += await files.size(file)
    const report = (phase: Progress["phase"], file: string, loadedBytes: number) =>
      onProgress({ phase, model: files.root, file, loadedBytes, totalBytes })
    report("files", "config.json", 0)
    const tokenizer = await openTokenizer(files, config)
    report("files", tokenizerFile, tokenizerBytes)
    report("session", weights.join(", "), tokenizerBytes)
    const placed = await runtime.placeModel(files, config, tensors)
    const { operators } = runtime
    const session = await placed.open(buildDecoder(config, placed.tensors, { operators, head, taps }))
    const model = new OpenModel(options, config, tokenizer, placed, session, taps)
    report("ready", weights.join(", "), totalBytes)
    return model
  }

  /** What it runs on. */
  get device(): Omit<Device, "rejected"> {
    const { runtime } = this.#options
    return { name: runtime.name, precision: runtime.precision(this.config), threads: runtime.threads }
  }

  /** The model's folder. */
  get root(): string {
    return this.#options.files.root
  }

  /**
   * How many tokens a reusable prefix must be a multiple of. With quantised weights ONNX Runtime also rounds the
   * activations, and how it rounds depends on how many tokens run together: a prefix is then reused in whole chunks
   * only, so that a warm cache gives the same text as a cold one. In float32 any prefix is as good as a fresh one.
   */
  get reuseAlignment(): number | undefined {
    return this.config.quantization === null ? undefined : chunkLength
  }

  /** A sequence that is nobody else's, with room for so many tokens. Whoever takes it disposes of it. */
  newSequence(room?: number): KeyValues {
    return KeyValues.make(this.config, this.#options.runtime, room)
  }

  /** Whether a run can fetch these sites as the session is. */
  hasTaps(sites: ReadonlyArray<Site>): boolean {
    return sites.every((site) => this.#taps.some((tap) => siteKey(tap) === siteKey(site)))
  }

  /** Opens the session again with more taps. The caches stay valid: the weights are the same. */
  async addTaps(sites: ReadonlyArray<Site>): Promise<void> {
    if (this.hasTaps(sites)) return
    const { head, runtime } = this.#options
    const added = sites.filter((site) => !this.hasTaps([site]))
    const taps = [...this.#taps, ...added]
    const { operators } = runtime
    const graph = buildDecoder(this.config, this.#weights.tensors, { operators, head, taps })
    const session = await this.#weights.open(graph)
    await this.#session.release()
    this.#session = session
    this.#taps = taps
  }

  /** Runs new tokens after those of `sequence`, which takes their keys and values. */
  async forward(sequence: KeyValues, tokens: ReadonlyArray<number>, wanted: Wanted = {}): Promise<Forward> {
    const { candidates, rows = [], taps = [] } = wanted
    sequence.reserve(tokens.length)
    const feeds: Record<string, Tensor> = {
      ...sequence.feeds,
      ...this.#position(sequence, tokens.length),
      [names.inputIds]: int64(tokens, [1, tokens.length]),
      [names.rows]: int64(rows),
    }
    if (this.#options.head === "candidates") feeds[names.candidates] = int64(candidates ?? [])
    const keys = taps.map(siteKey)
    const head = rows.length > 0 ? [names.logits] : []
    const outputs = await this.#session.run(feeds, [names.newKeyValues, ...head, ...keys])
    const float = (name: string): Float32Array => {
      const data = outputs[name]?.data
      if (!(data instanceof Float32Array)) throw new Error(`the graph gave no ${name}`)
      return data
    }
    const newRows = outputs[names.newKeyValues]
    if (newRows === undefined) throw new Error("the graph gave no new keys and values")
    sequence.append(tokens, newRows)
    return {
      logits: rows.length > 0 ? float(names.logits) : new Float32Array(0),
      taps: new Map(keys.map((key) => [key, float(key)])),
    }
  }

  /** What tells attention where the new tokens stand. */
  #position(sequence: KeyValues, tokens: number): Record<string, Tensor> {
    const past = { [names.pastLength]: int64([sequence.length]) }
    const total = sequence.length + tokens
    if (this.#options.runtime.operators.attention === "fused") {
      return { ...past, [names.totalLength]: int32(total), [names.lastPosition]: int32(total - 1) }
    }
    const { capacity } = sequence
    const { full, sliding } = makeMasks(this.config, { past: sequence.length, tokens, capacity })
    const shape = [1, 1, tokens, capacity + tokens]
    return {
      ...past,
      [names.fullMask]: new Tensor("float32", full, shape),
      [names.slidingMask]: new Tensor("float32", sliding, shape),
    }
  }

  async release(): Promise<void> {
    this.cache.clear()
    await this.#session.release()
  }
}
