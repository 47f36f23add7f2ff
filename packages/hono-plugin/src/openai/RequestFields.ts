/** Reads the fields of a JSON object, and sees to it that none is overlooked. */
import { isRecord, type NumberRange } from "@facet/sdk/words"
import { badRequest, unsupported } from "./ApiError.ts"

/** Whole numbers of at least 1. */
export const atLeastOne: NumberRange = { min: 1, max: Number.MAX_SAFE_INTEGER, integer: true }

/** `null` is as good as absent, as in OpenAI's API. */
export class RequestFields {
  readonly #values: ReadonlyMap<string, unknown>
  readonly #path: string
  readonly #read = new Set<string>()
  /** What was accepted and changes nothing, and why: for the body as a whole. */
  readonly warnings: Array<string>

  /**
   * @param path where the object stands: `messages[2]`; empty for the whole body.
   * @param warnings of the body that it stands in.
   */
  constructor(value: unknown, path = "", warnings: Array<string> = []) {
    this.warnings = warnings
    if (!isRecord(value)) {
      const where = path === "" ? "the body" : path
      throw badRequest(path === "" ? undefined : path, `${kindOf(value)} where ${where} must be an object.`, wrongType)
    }
    this.#values = new Map(Object.entries(value))
    this.#path = path
  }

  /** The name of a field as a client finds it. */
  at(name: string): string {
    return this.#path === "" ? name : `${this.#path}.${name}`
  }

  value(name: string): unknown {
    this.#read.add(name)
    return this.#values.get(name) ?? undefined
  }

  text(name: string): string | undefined {
    const value = this.value(name)
    if (value === undefined || typeof value === "string") return value
    throw this.#wrong(name, value, "a string")
  }

  flag(name: string): boolean | undefined {
    const value = this.value(name)
    if (value === undefined || typeof value === "boolean") return value
    throw this.#wrong(name, value, "true or false")
  }

  number(name: string, { integer, max, min }: NumberRange): number | undefined {
    const value = this.value(name)
    if (value === undefined) return undefined
    if (typeof value !== "number") throw this.#wrong(name, value, "a number")
    if (value >= min && value <= max && (!integer || Number.isInteger(value))) return value
    const kind = integer ? "a whole number" : "a number"
    const range = max === Number.MAX_SAFE_INTEGER ? `${kind} of at least ${min}` : `${kind} from ${min} to ${max}`
    throw badRequest(this.at(name), `${value} is out of range. Use ${range}.`, "invalid_value")
  }

  list(name: string): ReadonlyArray<unknown> | undefined {
    const value = this.value(name)
    if (value === undefined || Array.isArray(value)) return value
    throw this.#wrong(name, value, "an array")
  }

  object(name: string): RequestFields | undefined {
    const value = this.value(name)
    return value === undefined ? undefined : new RequestFields(value, this.at(name), this.warnings)
  }

  /** Refuses a field, unless what it holds asks for nothing. */
  refuse(name: string, because: string, asksForNothing: (value: unknown) => boolean = isEmpty): void {
    const value = this.value(name)
    if (value !== undefined && !asksForNothing(value)) throw unsupported(this.at(name), because)
  }

  /** Accepts a field that changes nothing here, and says so, unless what it holds asks for nothing. */
  warn(name: string, because: string, asksForNothing: (value: unknown) => boolean = isEmpty): void {
    const value = this.value(name)
    if (value !== undefined && !asksForNothing(value)) this.warnings.push(`${this.at(name)}: ${because}`)
  }

  /** Refuses every field that nobody has read: a setting must not be ignored in silence. */
  finish(): void {
    for (const [name, value] of this.#values) {
      if (value === null || this.#read.has(name)) continue
      throw badRequest(this.at(name), "this server knows no such field.", "unknown_parameter")
    }
  }

  /** Accepts every field that nobody has read, and says so: what is told of a name holds nothing else that was written. */
  warnOfRest(): void {
    for (const [name, value] of this.#values) {
      if (value === null || this.#read.has(name)) continue
      const told = /^[\w.-]{1,64}$/.test(name) ? this.at(name) : "a field"
      this.warnings.push(`${told}: this server knows no such field, so it changes nothing.`)
    }
  }

  #wrong(name: string, value: unknown, wanted: string): Error {
    return badRequest(this.at(name), `${kindOf(value)} where ${wanted} is expected.`, wrongType)
  }
}

const wrongType = "invalid_type"

const isEmpty = (value: unknown): boolean =>
  value === "" || value === false || (Array.isArray(value) && value.length === 0)

/** @returns what a value is, without telling the value. */
export const kindOf = (value: unknown): string =>
  value === null || value === undefined
    ? value === null
      ? "null"
      : "nothing"
    : Array.isArray(value)
      ? "an array"
      : typeof value === "object"
        ? "an object"
        : `a ${typeof value}`
