/** What is read of a model's folder before a session opens. */
import type { ModelTensors } from "../architectures/locateTensors.ts"
import { openTensors } from "../architectures/openTensors.ts"
import { type Model, readModel } from "../architectures/readModel.ts"
import { configFile, tokenizerFile } from "../files/ModelFileNames.ts"
import type { ModelFiles } from "../files/ModelFiles.ts"
import type { ModelWeights, Placed, Runtime } from "../runtime/Runtime.ts"
import { openTokenizer, type Tokenizer } from "../tokenizer/Tokenizer.ts"
import type { PrefillRule } from "../words/EngineSettings.ts"
import { invalidRequest } from "../words/Errors.ts"
import type { Progress } from "../words/Progress.ts"
import { checkLayer, type Site } from "../words/Site.ts"
import { int8Name, type TensorLocations } from "../words/Tensors.ts"

export interface ModelParts {
  readonly model: Model
  readonly located: ModelTensors
  readonly tokenizer: Tokenizer
  readonly placed: Placed<TensorLocations>
  /** The same with linear layers in 8 bits, for prompts, where they are to have some of their own. */
  readonly prompts: Placed<TensorLocations> | undefined
}

export interface PartsWanted {
  /** Sites whose layers the model must have. */
  readonly taps: ReadonlyArray<Site>
  readonly prefill: PrefillRule
  readonly shareWeights: boolean
  /** Whether it is to write, and not to judge alone. */
  readonly writes: boolean
}

/** Reads and checks a folder. */
export async function readParts(
  files: ModelFiles,
  runtime: Runtime,
  wanted: PartsWanted,
  progress: OpeningProgress,
): Promise<ModelParts> {
  const model = await readModel(files)
  const { architecture, config } = model
  const located = await openTensors(files, model)
  for (const { layer } of wanted.taps) checkLayer(config.layers, layer)
  await progress.begin(located)
  const tokenizer = await openTokenizer(files, { vocabSize: config.vocabSize, template: architecture.template })
  progress.readTokenizer()
  const weights = { ...located, quantization: config.quantization }
  const places: Places = { files, runtime, wanted, progress }
  const laidOut = wanted.prefill === "int8" ? await layOutPrompts(places, weights) : undefined
  const own = await shared(places, weights)
  const prompts = laidOut && (await sharedPrompts(places, own, laidOut))
  progress.takeWeights()
  return {
    model,
    located,
    tokenizer,
    placed: await runtime.placeModel(files, own),
    prompts: prompts && (await runtime.placeModel(files, prompts)),
  }
}

interface Places {
  readonly files: ModelFiles
  readonly runtime: Runtime
  readonly wanted: PartsWanted
  readonly progress: OpeningProgress
}

/** Weights of blocks get a copy in 8 bits; those of 8 bits are so. */
async function layOutPrompts(places: Places, weights: ModelWeights): Promise<TensorLocations | undefined> {
  const { files, progress, runtime } = places
  if (!areLaidOut(places, "prefill", weights)) return undefined
  if (runtime.layOutPrompts === undefined) throw noLayout("prefill", runtime)
  const laidOut = await runtime.layOutPrompts(files, weights, progress.tell)
  return laidOut.size === 0 ? undefined : laidOut
}

/** What runs in blocks there, too, is where the model's own weights are. */
async function sharedPrompts(places: Places, own: ModelWeights, laidOut: TensorLocations): Promise<ModelWeights> {
  const specs = own.specs.filter(({ name }) => laidOut.has(int8Name(name)))
  const tensors = new Map([...own.tensors, ...laidOut])
  return { ...own, tensors: (await shared(places, { ...own, specs, tensors })).tensors }
}

/** Weights of blocks, where they lie as they are multiplied, if processes are to share them. */
async function shared(places: Places, weights: ModelWeights): Promise<ModelWeights> {
  const { files, progress, runtime, wanted } = places
  if (!wanted.shareWeights || !areLaidOut(places, "shareWeights", weights)) return weights
  if (runtime.shareWeights === undefined) throw noLayout("shareWeights", runtime)
  return { ...weights, tensors: await runtime.shareWeights(files, multiplied(wanted, weights), progress.tell) }
}

/** A guard writes nothing, so its embedding is no head. */
const multiplied = ({ writes }: PartsWanted, weights: ModelWeights): ModelWeights =>
  writes ? weights : { ...weights, specs: weights.specs.filter(({ kind }) => kind !== "embedding") }

/** A guard of plain weights runs as it is: nobody names the guard that belongs to a model. */
function areLaidOut({ files, wanted }: Places, option: string, { quantization }: ModelWeights): boolean {
  if (quantization !== null) return true
  if (!wanted.writes) return false
  throw invalidRequest(
    option,
    `the weights in ${files.root} are plain, and it is those in blocks that are laid out anew`,
    `Open it with \`dtype: "q4"\` too, or leave \`${option}\` out.`,
  )
}

const noLayout = (option: string, { name }: Runtime) =>
  invalidRequest(option, `${name} lays no weights out anew`, "Leave it out, or run on the CPU.")

/** Tells how far an opening is. */
export class OpeningProgress {
  readonly #files: ModelFiles
  /** Tells of something beside the opening itself. */
  readonly tell: (progress: Progress) => void
  #weights = ""
  #tokenizerBytes = 0
  #totalBytes = 0

  constructor(files: ModelFiles, onProgress: (progress: Progress) => void) {
    this.#files = files
    this.tell = onProgress
  }

  async begin({ tensors }: ModelTensors): Promise<void> {
    const weights = [...new Set([...tensors.values()].map((tensor) => tensor.file))]
    this.#weights = weights.join(", ")
    this.#tokenizerBytes = await this.#files.size(tokenizerFile)
    this.#totalBytes = this.#tokenizerBytes
    for (const file of weights) this.#totalBytes += await this.#files.size(file)
    this.#report("files", configFile, 0)
  }

  readTokenizer(): void {
    this.#report("files", tokenizerFile, this.#tokenizerBytes)
  }

  takeWeights(): void {
    this.#report("session", this.#weights, this.#tokenizerBytes)
  }

  end(): void {
    this.#report("ready", this.#weights, this.#totalBytes)
  }

  #report(phase: Progress["phase"], file: string, loadedBytes: number): void {
    this.tell({ phase, model: this.#files.root, file, loadedBytes, totalBytes: this.#totalBytes })
  }
}
