/**
 * Everything that can go wrong, as typed errors. Each names what was wrong and what to do about it, and crosses the
 * worker's border unchanged.
 */
import * as Schema from "effect/Schema"

/** A model was asked for that is not there: no such folder, or an id with no local copy. */
export class ModelNotFoundError extends Schema.TaggedError<ModelNotFoundError>()("ModelNotFoundError", {
  /** What was asked for, as it was written. */
  model: Schema.String,
  problem: Schema.String,
  remedy: Schema.String,
}) {
  override get message(): string {
    return `Model "${this.model}": ${this.problem}. ${this.remedy}`
  }
}

/** A file of a model folder is missing, truncated, corrupt, or holds something a Gemma 2 cannot use. */
export class ModelFileError extends Schema.TaggedError<ModelFileError>()("ModelFileError", {
  /** The file's path. */
  file: Schema.String,
  problem: Schema.String,
  remedy: Schema.String,
}) {
  override get message(): string {
    return `${this.file}: ${this.problem}. ${this.remedy}`
  }
}

/** The folder holds a model of another architecture than Gemma 2. */
export class UnsupportedModelError extends Schema.TaggedError<UnsupportedModelError>()("UnsupportedModelError", {
  /** The folder. */
  model: Schema.String,
  /** The architecture that `config.json` names. */
  architecture: Schema.String,
}) {
  override get message(): string {
    return `${this.model} holds a ${this.architecture}, not a Gemma 2. Open a folder whose config.json has "architectures": ["Gemma2ForCausalLM"].`
  }
}

/** A sparse autoencoder's file is missing, corrupt, or does not fit the model. */
export class ScopeFileError extends Schema.TaggedError<ScopeFileError>()("ScopeFileError", {
  /** The file's or folder's path. */
  file: Schema.String,
  problem: Schema.String,
  remedy: Schema.String,
}) {
  override get message(): string {
    return `${this.file}: ${this.problem}. ${this.remedy}`
  }
}

/** A request that makes no sense: an option out of its range, an unknown policy, layer or site, text that is not Unicode. */
export class InvalidRequestError extends Schema.TaggedError<InvalidRequestError>()("InvalidRequestError", {
  /** The option that is wrong, as its path: `temperature`, `messages[2].content`. */
  option: Schema.String,
  problem: Schema.String,
  remedy: Schema.String,
}) {
  override get message(): string {
    return `${this.option}: ${this.problem}. ${this.remedy}`
  }
}

export const invalidRequest = (option: string, problem: string, remedy: string): InvalidRequestError =>
  new InvalidRequestError({ option, problem, remedy })

/** The prompt does not fit into the model's context. */
export class ContextOverflowError extends Schema.TaggedError<ContextOverflowError>()("ContextOverflowError", {
  /** Tokens in the prompt. */
  tokens: Schema.Int,
  /** The most tokens that the model's context holds. */
  limit: Schema.Int,
}) {
  override get message(): string {
    return `The prompt has ${this.tokens} tokens and the model's context holds ${this.limit}. Shorten the prompt, or drop the oldest turns of the chat.`
  }
}

/** The engine's queue is full; nothing of the request was run. */
export class OverloadedError extends Schema.TaggedError<OverloadedError>()("OverloadedError", {
  /** The most requests that may run or wait. */
  limit: Schema.Int,
}) {
  override get message(): string {
    return `${this.limit} requests are already running or waiting. Try again later, or raise \`queue\` when opening.`
  }
}

/** The engine's thread died while the request ran. It is started anew: the next request works. */
export class EngineCrashedError extends Schema.TaggedError<EngineCrashedError>()("EngineCrashedError", {
  problem: Schema.String,
}) {
  override get message(): string {
    return `The engine stopped in the middle of the request: ${this.problem}. It restarts by itself; send the request again.`
  }
}

/** The request came after `close()`. */
export class ClosedError extends Schema.TaggedError<ClosedError>()("ClosedError", {}) {
  override get message(): string {
    return "This Facet is closed. Open a new one with Facet.open()."
  }
}

/** A guard's judgement took longer than it may. Nothing was released unjudged, unless the guard was told to. */
export class GuardTimeoutError extends Schema.TaggedError<GuardTimeoutError>()("GuardTimeoutError", {
  /** The time that one judgement had. */
  milliseconds: Schema.Finite,
}) {
  override get message(): string {
    return `The guard did not judge within ${this.milliseconds} ms. The machine is too busy, or \`timeoutMs\` is too small.`
  }
}

/** ONNX Runtime refused or failed to run something that we built. */
export class RuntimeError extends Schema.TaggedError<RuntimeError>()("RuntimeError", {
  /** What was being done. */
  operation: Schema.String,
  problem: Schema.String,
}) {
  override get message(): string {
    return `${this.operation} failed: ${this.problem}. If the machine has memory to spare, this is a fault of Facet's: please report it.`
  }
}

/** Every error that Facet fails with. */
export const FacetError = Schema.Union([
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
  RuntimeError,
])
export type FacetError = typeof FacetError.Type

const isFacetError = Schema.is(FacetError)

export const asRuntimeError = (operation: string, cause: unknown): RuntimeError =>
  new RuntimeError({ operation, problem: cause instanceof Error ? cause.message : String(cause) })

/** One of our errors as it is; anything else as a {@link RuntimeError} of the operation. */
export const asFacetError = (operation: string, cause: unknown): FacetError =>
  isFacetError(cause) ? cause : asRuntimeError(operation, cause)
