/**
 * Everything that can go wrong, as typed errors. Each names what was wrong and what to do about it, and crosses the
 * worker's border unchanged.
 */
import * as Data from "effect/Data"
import { type FacetErrorTag, hasFacetTag, isErrorTag } from "./errorTags.ts"
import { legible } from "./legible.ts"

/** A model was asked for that is not there: no such folder, or an id with no local copy. */
export class ModelNotFoundError extends Data.TaggedError("ModelNotFoundError")<{
  /** What was asked for, as it was written. */
  readonly model: string
  readonly problem: string
  readonly remedy: string
}> {
  override get message(): string {
    return legible`Model "${this.model}": ${this.problem}. ${this.remedy}`
  }
}

/** A file of a model folder is missing, truncated, corrupt, or holds something a Gemma 2 cannot use. */
export class ModelFileError extends Data.TaggedError("ModelFileError")<{
  /** The file's path. */
  readonly file: string
  readonly problem: string
  readonly remedy: string
}> {
  override get message(): string {
    return legible`${this.file}: ${this.problem}. ${this.remedy}`
  }
}

/** The folder holds a model of an architecture that Facet does not run. */
export class UnsupportedModelError extends Data.TaggedError("UnsupportedModelError")<{
  /** The folder. */
  readonly model: string
  /** The architecture that `config.json` names. */
  readonly architecture: string
  /** Those that Facet runs. */
  readonly supported: string
}> {
  override get message(): string {
    return legible`${this.model} holds a ${this.architecture}, which Facet does not run. It runs ${this.supported}.`
  }
}

/** A sparse autoencoder's file is missing, corrupt, or does not fit the model. */
export class ScopeFileError extends Data.TaggedError("ScopeFileError")<{
  /** The file's or folder's path. */
  readonly file: string
  readonly problem: string
  readonly remedy: string
}> {
  override get message(): string {
    return legible`${this.file}: ${this.problem}. ${this.remedy}`
  }
}

/** A request that makes no sense: an option out of its range, an unknown policy, layer or site, text that is not Unicode. */
export class InvalidRequestError extends Data.TaggedError("InvalidRequestError")<{
  /** The option that is wrong, as its path: `temperature`, `messages[2].content`. */
  readonly option: string
  readonly problem: string
  readonly remedy: string
}> {
  override get message(): string {
    return legible`${this.option}: ${this.problem}. ${this.remedy}`
  }
}

export const invalidRequest = (option: string, problem: string, remedy: string): InvalidRequestError =>
  new InvalidRequestError({ option, problem, remedy })

/** A prompt or a text does not fit into the model's context. */
export class ContextOverflowError extends Data.TaggedError("ContextOverflowError")<{
  /** Tokens in it; where it was too long to be tokenised, the fewest that it may have. */
  readonly tokens: number
  /** The most tokens that the model's context holds. */
  readonly limit: number
  /** What did not fit. Left out: the prompt of a generation. */
  readonly subject?: "text"
  /** UTF-16 units in what was too long to be tokenised. */
  readonly characters?: number
}> {
  override get message(): string {
    const { characters, limit, subject = "prompt", tokens } = this
    const size = characters === undefined ? `${tokens} tokens` : `${characters} characters, at least ${tokens} tokens,`
    const remedy =
      subject === "prompt"
        ? "Shorten the prompt, or drop the oldest turns of the chat."
        : "Shorten it, or send it in parts."
    return legible`The ${subject} has ${size} and the model's context holds ${limit}. ${remedy}`
  }
}

/** The engine's queue is full; nothing of the request was run. */
export class OverloadedError extends Data.TaggedError("OverloadedError")<{
  /** The most requests that may run or wait. */
  readonly limit: number
}> {
  override get message(): string {
    return `${this.limit} requests are already running or waiting. Try again later, or raise \`queue\` when opening.`
  }
}

/** The engine's thread died while the request ran. It is started anew: the next request works. */
export class EngineCrashedError extends Data.TaggedError("EngineCrashedError")<{
  readonly problem: string
  /** Left out where the next request may work. */
  readonly remedy?: string
}> {
  override get message(): string {
    const remedy = this.remedy ?? "It restarts by itself; send the request again."
    return legible`The engine stopped in the middle of the request: ${this.problem}. ${remedy}`
  }
}

/** The request came after `close()`. */
export class ClosedError extends Data.TaggedError("ClosedError")<{}> {
  override get message(): string {
    return "This Facet is closed. Open a new one with Facet.open()."
  }
}

/** A guard's judgement took longer than it may. Nothing was released unjudged, unless the guard was told to. */
export class GuardTimeoutError extends Data.TaggedError("GuardTimeoutError")<{
  /** The time that one judgement had. */
  readonly milliseconds: number
}> {
  override get message(): string {
    return `The guard did not judge within ${this.milliseconds} ms. The machine is too busy, or \`timeoutMs\` is too small.`
  }
}

/** A judge that stands in ShieldGemma's place did not judge. Nothing was released unjudged, unless the guard was told to. */
export class JudgeError extends Data.TaggedError("JudgeError")<{
  /** The judge's name. */
  readonly judge: string
  readonly problem: string
  readonly remedy: string
  /** The status of HTTP that a service answered with. */
  readonly status?: number
}> {
  override get message(): string {
    return legible`Judge "${this.judge}": ${this.problem}. ${this.remedy}`
  }
}

/** A server that runs a model could not be reached, or answered with something else than it should. */
export class ServerError extends Data.TaggedError("ServerError")<{
  /** What was asked, without what may be secret. */
  readonly url: string
  readonly problem: string
  readonly remedy: string
  /** The status of HTTP that it answered with. */
  readonly status?: number
}> {
  override get message(): string {
    return legible`${this.url}: ${this.problem}. ${this.remedy}`
  }
}

/** ONNX Runtime refused or failed to run something that we built. */
export class RuntimeError extends Data.TaggedError("RuntimeError")<{
  /** What was being done. */
  readonly operation: string
  readonly problem: string
  /** Left out where nothing is known of the cause. */
  readonly remedy?: string
}> {
  override get message(): string {
    const remedy = this.remedy ?? "If the machine has memory to spare, this is a fault of Facet's: please report it."
    return legible`${this.operation} failed: ${this.problem}. ${remedy}`
  }
}

const damagedWeights =
  'The model\'s weights are damaged, or too large for the precision that they run in: get another copy of the model, or open it with `precision: "f32"`.'

/** A model computed what is no number: it is not the program that is at fault. */
export const notFinite = (operation: string, problem: string): RuntimeError =>
  new RuntimeError({ operation, problem, remedy: damagedWeights })

/** The same of a run whose inside was changed, which is the likelier cause. */
export const causedByInterventions = (error: FacetError): FacetError =>
  error instanceof RuntimeError && error.remedy === damagedWeights
    ? new RuntimeError({
        operation: error.operation,
        problem: `${error.problem}, with interventions in force`,
        remedy: "They drive the model beyond what it can compute: lower their strengths and values.",
      })
    : error

/** The device that was asked for cannot run the model here. */
export class UnsupportedDeviceError extends Data.TaggedError("UnsupportedDeviceError")<{
  /** `webgpu`, `wasm` or `cpu`; `any` where none of those that were tried works. */
  readonly device: string
  readonly problem: string
  readonly remedy: string
}> {
  override get message(): string {
    return legible`Device ${this.device}: ${this.problem}. ${this.remedy}`
  }
}

/** A model could not be fetched from where it is published. What had arrived before is kept, and continued next time. */
export class DownloadError extends Data.TaggedError("DownloadError")<{
  readonly url: string
  readonly problem: string
  readonly remedy: string
}> {
  override get message(): string {
    return legible`${this.url}: ${this.problem}. ${this.remedy}`
  }
}

/** The place that models are kept in refused: a browser's storage that is switched off for this page, or has no room; a full disk. */
export class StorageError extends Data.TaggedError("StorageError")<{
  readonly problem: string
  readonly remedy: string
  /** The folder. Left out: the browser's storage. */
  readonly place?: string
}> {
  override get message(): string {
    return legible`${this.place ?? "The browser's storage"}: ${this.problem}. ${this.remedy}`
  }
}

/** The page may not start the engine's worker, or its script could not be loaded. */
export class WorkerBlockedError extends Data.TaggedError("WorkerBlockedError")<{
  readonly problem: string
  readonly remedy: string
}> {
  override get message(): string {
    return legible`The engine's worker: ${this.problem}. ${this.remedy}`
  }
}

/**
 * A part of the program did not arrive: the SDK's own code, its worker's, or ONNX Runtime's. No fault of the browser's, and
 * opening again fetches it anew.
 */
export class CodeLoadError extends Data.TaggedError("CodeLoadError")<{
  /** What it is, for people to read. */
  readonly what: string
  /** Where it was to come from; empty where the browser does not tell. */
  readonly url: string
  readonly problem: string
  readonly remedy: string
}> {
  override get message(): string {
    const from = this.url === "" ? "" : ` (${this.url})`
    return legible`${this.what}${from} did not arrive: ${this.problem}. ${this.remedy}`
  }
}

/**
 * An answer fits its JSON Schema, and the validator that came with the schema refuses what it says: it asks for more than the
 * JSON Schema tells.
 */
export class InvalidObjectError extends Data.TaggedError("InvalidObjectError")<{
  /** What was refused: `object.people[2].name`. */
  readonly path: string
  /** In the validator's words. */
  readonly problem: string
  /** The answer. */
  readonly text: string
}> {
  override get message(): string {
    return legible`${this.path}: ${this.problem}. Say so in the JSON Schema, or ask again.`
  }
}

/** The classes of the same errors, by their tags. */
export const errorClasses = {
  ModelNotFoundError,
  ModelFileError,
  UnsupportedModelError,
  ScopeFileError,
  InvalidRequestError,
  ContextOverflowError,
  OverloadedError,
  EngineCrashedError,
  ClosedError,
  GuardTimeoutError,
  JudgeError,
  ServerError,
  RuntimeError,
  UnsupportedDeviceError,
  DownloadError,
  StorageError,
  WorkerBlockedError,
  CodeLoadError,
  InvalidObjectError,
} as const satisfies Readonly<Record<FacetErrorTag, unknown>>

/** Every error that Facet fails with. */
export type FacetError = InstanceType<(typeof errorClasses)[FacetErrorTag]>

export const isFacetError = (value: unknown): value is FacetError =>
  hasFacetTag(value) && value instanceof errorClasses[value._tag]

/** An error as plain data: it crosses the border of a thread, or travels as JSON. */
export type PlainError = { readonly _tag: FacetError["_tag"]; readonly message: string } & {
  readonly [field: string]: string | number
}

/**
 * An error's tag, message and fields.
 *
 * @example
 * errorToPlain(new OverloadedError({ limit: 64 })) // => { _tag: "OverloadedError", message: "64 requests …", limit: 64 }
 */
export const errorToPlain = (error: FacetError): PlainError => {
  const fields = Object.entries(error).filter(([, value]) => typeof value === "string" || typeof value === "number")
  return { ...Object.fromEntries(fields), _tag: error._tag, message: error.message }
}

/** The error that {@link errorToPlain} described, as an instance of its class; undefined for anything else. */
export function errorFromPlain(value: unknown): FacetError | undefined {
  if (typeof value !== "object" || value === null || !("_tag" in value) || !isErrorTag(value._tag)) return undefined
  // What comes from elsewhere may hold anything, `__proto__` among it: fields are texts and numbers.
  const fields = Object.entries(value).filter(
    ([name, field]) =>
      name !== "_tag" && name !== "message" && (typeof field === "string" || typeof field === "number"),
  )
  // Each class has fields of its own; those of a description that lacks some read as undefined, not as another error.
  const Class = errorClasses[value._tag] as unknown as new (fields: object) => FacetError
  return new Class(Object.fromEntries(fields))
}

export const asRuntimeError = (operation: string, cause: unknown): RuntimeError =>
  new RuntimeError({ operation, problem: cause instanceof Error ? cause.message : String(cause) })

/** One of our errors as it is; anything else as a {@link RuntimeError} of the operation. */
export const asFacetError = (operation: string, cause: unknown): FacetError =>
  isFacetError(cause) ? cause : asRuntimeError(operation, cause)
