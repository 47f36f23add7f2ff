/** Failures as OpenAI's API tells them: `{ error: { message, type, param, code } }`. */
import {
  ClosedError,
  ContextOverflowError,
  EngineCrashedError,
  GuardTimeoutError,
  InvalidRequestError,
  JudgeError,
  ModelFileError,
  ModelNotFoundError,
  OverloadedError,
  UnsupportedModelError,
} from "@facet/sdk/words"
import type { ContentfulStatusCode } from "hono/utils/http-status"

export interface ApiErrorBody {
  readonly error: {
    readonly message: string
    readonly type: string
    readonly param: string | null
    readonly code: string | null
  }
}

interface Details {
  readonly param?: string | undefined
  readonly code?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/** What a client is told. Its message never quotes prompts or answers, nor where files lie on the server. */
export class ApiError extends Error {
  override readonly name = "ApiError"
  readonly status: ContentfulStatusCode
  readonly param: string | null
  readonly code: string | null
  readonly headers: Readonly<Record<string, string>>

  constructor(status: ContentfulStatusCode, message: string, { cause, code, headers, param }: Details = {}) {
    super(message, { cause })
    this.status = status
    this.param = param ?? null
    this.code = code ?? null
    this.headers = headers ?? {}
  }

  get body(): ApiErrorBody {
    const type = this.status < 500 ? "invalid_request_error" : "server_error"
    return { error: { message: this.message, type, param: this.param, code: this.code } }
  }
}

/** The client's own mistake, in the field at `param`. */
export const badRequest = (param: string | undefined, message: string, code?: string): ApiError =>
  new ApiError(400, param === undefined ? message : `${param}: ${message}`, { param, code })

/** Something that OpenAI's API has and this server has not: it must not be ignored in silence. */
export const unsupported = (param: string, message: string): ApiError => badRequest(param, message, "unsupported_value")

/** A path that is there, asked with a method that it has not. */
export const methodNotAllowed = (allowed: string): ApiError =>
  new ApiError(405, `This route answers ${allowed}.`, { code: "method_not_allowed", headers: { Allow: allowed } })

/** A text that the guard flagged, where no answer can say so. */
export const contentFiltered = (param: string): ApiError =>
  badRequest(param, "it violates a policy of this server's guard.", "content_filter")

/** Seconds after which a client may try again. */
const retryAfter = { "Retry-After": "1" }

/**
 * What to tell a client of a failure; what it may not know stays in `cause`.
 *
 * @param content the field that holds what the model reads.
 */
export function toApiError(error: unknown, content: string): ApiError {
  if (error instanceof ApiError) return error
  if (error instanceof InvalidRequestError) {
    // That no guard was opened is nothing that a client could change.
    if (error.option === "shield") return modelUnavailable(error)
    return badRequest(paramOf(error.option, content), `${error.problem}. ${error.remedy}`, "invalid_value")
  }
  if (error instanceof ContextOverflowError) {
    const { limit, tokens } = error
    const message = `This model's maximum context length is ${limit} tokens, and the request has ${tokens}. Shorten it.`
    return new ApiError(400, message, { param: content, code: "context_length_exceeded", cause: error })
  }
  if (error instanceof OverloadedError) {
    const message = `The server is overloaded: ${error.limit} requests are running or waiting. Try again later.`
    return new ApiError(503, message, { code: "overloaded", headers: retryAfter, cause: error })
  }
  if (error instanceof GuardTimeoutError) {
    const message = "The guard could not judge in time, and what is not judged is not let through. Try again later."
    return new ApiError(503, message, { code: "guard_timeout", headers: retryAfter, cause: error })
  }
  if (error instanceof JudgeError) {
    const message = "The guard could not judge, and what is not judged is not let through. Try again later."
    return new ApiError(503, message, { code: "judge_failed", headers: retryAfter, cause: error })
  }
  if (error instanceof ClosedError) {
    return new ApiError(503, "The server is shutting down.", {
      code: "shutting_down",
      headers: retryAfter,
      cause: error,
    })
  }
  if (error instanceof EngineCrashedError) {
    const message = "The engine stopped in the middle of the request. It restarts by itself: send the request again."
    return new ApiError(500, message, { code: "engine_crashed", cause: error })
  }
  const isModel = [ModelFileError, ModelNotFoundError, UnsupportedModelError].some((kind) => error instanceof kind)
  if (isModel) return modelUnavailable(error)
  return new ApiError(500, "The server failed to process the request.", { code: "internal_error", cause: error })
}

/** Why it is so may name folders of the server: that stays in `cause`. */
export const modelUnavailable = (cause: unknown): ApiError =>
  new ApiError(500, "The model, or its guard, could not be opened. Tell the operator.", {
    code: "model_unavailable",
    cause,
  })

/**
 * The field of OpenAI's API for an option of Facet's. `top_k`, `min_p` and `repetition_penalty` are vLLM's.
 *
 * @example
 * fieldOf("presencePenalty") // => "presence_penalty"
 */
export const fieldOf = (option: string): string => option.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** Where a route has a schema, by the field that holds what the model reads. */
const schemaFields: Readonly<Record<string, string>> = {
  messages: "response_format.json_schema.schema",
  input: "text.format.schema",
}

/** Where the API calls an option otherwise: `logitBias[7]` is told of `logit_bias`. */
function paramOf(option: string, content: string): string {
  // Names in a schema are the client's own.
  if (/^schema(?![a-z])/i.test(option)) return `${schemaFields[content] ?? "schema"}${option.slice("schema".length)}`
  // A response's tools have their fields beside the type.
  if (/^tools\b/.test(option)) return content === "input" ? option : option.replace(/^(tools\[\d+\])\./, "$1.function.")
  const field = fieldOf(option)
    .replace(/^logit_bias.*/, "logit_bias")
    .replace(/^stop_tokens.*/, "stop_token_ids")
    .replace(/^prompt\.tokens.*/, "prompt")
  // Of another field the messages were made, and their places are not its own.
  return field.startsWith("messages") && content !== "messages" ? content : field
}
