/** Typed access to the fields of a JSON file; every failure names the field and what it holds. */
import { show } from "../words/Checks.ts"
import { ModelFileError } from "../words/Errors.ts"
import { filePath, isJsonObject, type JsonObject, type ModelFiles, readJsonObject } from "./ModelFiles.ts"

export class Fields {
  readonly #file: string
  readonly #json: JsonObject
  /** Of the object in the file, for messages: empty, or `text_config.`. */
  readonly #path: string

  constructor(file: string, json: JsonObject, path = "") {
    this.#file = file
    this.#json = json
    this.#path = path
  }

  /** Rejects with a `ModelFileError` when the file holds no JSON object. */
  static async read(files: ModelFiles, name: string): Promise<Fields> {
    return new Fields(filePath(files, name), await readJsonObject(files, name))
  }

  get(name: string): unknown {
    return this.#json[name]
  }

  /** Whether there is a value: files write null for "none". */
  has(name: string): boolean {
    const value = this.get(name)
    return value !== undefined && value !== null
  }

  /** An object inside; undefined where there is none. */
  section(name: string): Fields | undefined {
    if (!this.has(name)) return undefined
    const value = this.get(name)
    if (isJsonObject(value)) return new Fields(this.#file, value, `${this.#path}${name}.`)
    throw this.refuseValue(name, "an object")
  }

  refuse(
    name: string,
    problem: string,
    remedy = "Take the file from where the model was published, unchanged.",
  ): ModelFileError {
    return new ModelFileError({ file: this.#file, problem: `the field "${this.#path}${name}" ${problem}`, remedy })
  }

  refuseValue(name: string, wanted: string): ModelFileError {
    const value = this.get(name)
    if (value === undefined) return this.refuse(name, `is missing; it must be ${wanted}`)
    return this.refuse(name, `is ${shortened(show(value))}, not ${wanted}`)
  }

  /** @param otherwise what a file that leaves the field out means. */
  positive(name: string, otherwise?: number): number {
    const value = this.get(name) ?? otherwise
    // JSON can hold 1e999, which parses to Infinity.
    if (typeof value === "number" && Number.isFinite(value) && value > 0) return value
    throw this.refuseValue(name, "a finite number above zero")
  }

  /** @param otherwise what a file that leaves the field out means; `null` that is written means none. */
  positiveOrNull(name: string, otherwise?: number | null): number | null {
    const value = this.get(name)
    if (value === null || (value === undefined && otherwise === null)) return null
    return this.positive(name, otherwise ?? undefined)
  }

  /** @param most where what is read before the tensors can contradict it takes time or memory by it. */
  count(name: string, otherwise?: number, most = Number.MAX_SAFE_INTEGER): number {
    const value = this.get(name) ?? otherwise
    if (typeof value === "number" && Number.isSafeInteger(value) && value > 0 && value <= most) return value
    const above = most === Number.MAX_SAFE_INTEGER ? "above zero" : `from 1 to ${most}`
    throw this.refuseValue(name, `a whole number ${above}`)
  }

  tokenId(name: string, vocabSize: number, otherwise?: number): number {
    const value = this.get(name) ?? otherwise
    if (isTokenId(value, vocabSize)) return value
    throw this.refuseValue(name, `a token id below vocab_size, ${vocabSize}`)
  }

  /** Token ids written as one number or as a list; `[]` where the field is missing. */
  tokenIds(name: string, vocabSize: number): ReadonlyArray<number> {
    const value = this.get(name) ?? []
    const ids: ReadonlyArray<unknown> = Array.isArray(value) ? value : [value]
    if (ids.every((id) => isTokenId(id, vocabSize))) return ids
    throw this.refuseValue(name, `a token id, or a list of them, below vocab_size, ${vocabSize}`)
  }

  /**
   * A part of the architecture that is fixed; files that leave it out mean this value.
   *
   * @param title the architecture's name.
   */
  mustBe(name: string, wanted: string | boolean | null, title: string): void {
    if (!this.has(name) || this.get(name) === wanted) return
    throw this.refuseValue(name, `${JSON.stringify(wanted)}, as in every ${title}`)
  }
}

/** Enough of a value to find it by. */
const shortened = (text: string): string => (text.length <= 80 ? text : `${text.slice(0, 80).toWellFormed()}…`)

const isTokenId = (value: unknown, vocabSize: number): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value < vocabSize
