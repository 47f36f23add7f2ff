/** What is read of a model's folder before a session opens. */
import type { ModelTensors } from "../architectures/locateTensors.ts"
import { openTensors } from "../architectures/openTensors.ts"
import { type Model, readModel } from "../architectures/readModel.ts"
import { configFile, tokenizerFile } from "../files/ModelFileNames.ts"
import type { ModelFiles } from "../files/ModelFiles.ts"
import type { Placed, Runtime } from "../runtime/Runtime.ts"
import { openTokenizer, type Tokenizer } from "../tokenizer/Tokenizer.ts"
import type { Progress } from "../words/Progress.ts"
import { checkLayer, type Site } from "../words/Site.ts"
import type { TensorLocations } from "../words/Tensors.ts"

export interface ModelParts {
  readonly model: Model
  readonly located: ModelTensors
  readonly tokenizer: Tokenizer
  readonly placed: Placed<TensorLocations>
}

/**
 * Reads and checks a folder.
 *
 * @param taps sites whose layers the model must have.
 */
export async function readParts(
  files: ModelFiles,
  runtime: Runtime,
  taps: ReadonlyArray<Site>,
  progress: OpeningProgress,
): Promise<ModelParts> {
  const model = await readModel(files)
  const { architecture, config } = model
  const located = await openTensors(files, model)
  for (const { layer } of taps) checkLayer(config.layers, layer)
  await progress.begin(located)
  const tokenizer = await openTokenizer(files, { vocabSize: config.vocabSize, template: architecture.template })
  progress.readTokenizer()
  const placed = await runtime.placeModel(files, { ...located, quantization: config.quantization })
  return { model, located, tokenizer, placed }
}

/** Tells how far an opening is. */
export class OpeningProgress {
  readonly #files: ModelFiles
  readonly #onProgress: (progress: Progress) => void
  #weights = ""
  #tokenizerBytes = 0
  #totalBytes = 0

  constructor(files: ModelFiles, onProgress: (progress: Progress) => void) {
    this.#files = files
    this.#onProgress = onProgress
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
    this.#report("session", this.#weights, this.#tokenizerBytes)
  }

  end(): void {
    this.#report("ready", this.#weights, this.#totalBytes)
  }

  #report(phase: Progress["phase"], file: string, loadedBytes: number): void {
    this.#onProgress({ phase, model: this.#files.root, file, loadedBytes, totalBytes: this.#totalBytes })
  }
}
