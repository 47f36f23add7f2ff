/** Failures as problem documents that carry the typed error. */
import { problemToJson, problemType } from "@facet/sdk/remote"
import type { FacetError } from "@facet/sdk/words"
import type { ContentfulStatusCode } from "hono/utils/http-status"
import type { ToldFailure } from "../Exchange.ts"
import { ApiError } from "../openai/ApiError.ts"
import { errorToJson, isOperators, tellable } from "./errorToJson.ts"
import { OpeningError } from "./OpeningError.ts"

interface Kind {
  readonly status: ContentfulStatusCode
  readonly name: string
  readonly title: string
}

const unavailable: Kind = { status: 500, name: "model-unavailable", title: "The model cannot be used" }
const failed: Kind = { status: 500, name: "failed", title: "The server failed" }

const kinds: Readonly<Record<FacetError["_tag"], Kind>> = {
  InvalidRequestError: { status: 400, name: "invalid-request", title: "The request makes no sense" },
  ContextOverflowError: { status: 400, name: "context-overflow", title: "The prompt is too long for the model" },
  OverloadedError: { status: 503, name: "overloaded", title: "The server is overloaded" },
  ClosedError: { status: 503, name: "closed", title: "The server is shutting down" },
  GuardTimeoutError: { status: 503, name: "guard-timeout", title: "The guard did not judge in time" },
  ServerError: { status: 502, name: "server-failed", title: "The model's server failed" },
  JudgeError: { status: 503, name: "judge-failed", title: "The judge did not judge" },
  EngineCrashedError: { status: 500, name: "engine-crashed", title: "The engine stopped" },
  ModelNotFoundError: unavailable,
  ModelFileError: unavailable,
  UnsupportedModelError: unavailable,
  ScopeFileError: unavailable,
  RuntimeError: failed,
  // What can go wrong in a page alone.
  UnsupportedDeviceError: failed,
  DownloadError: failed,
  StorageError: failed,
  WorkerBlockedError: failed,
  CodeLoadError: failed,
  // A validator stays with whoever asks.
  InvalidObjectError: failed,
}

const contentType = { "Content-Type": problemType }

/** What to tell a client; what it may not know stays in `cause`. */
export function toProblem(error: unknown): ToldFailure {
  if (error instanceof ApiError) return ofHttp(error)
  const told = tellable(error)
  const { name, status, title } = isOperators(error) ? unavailable : kinds[told._tag]
  return {
    status,
    code: name,
    headers: { ...contentType, ...(status === 503 && { "Retry-After": "1" }) },
    body: problemToJson({ name, title, status, detail: told.message, error: errorToJson(error) }),
    cause: error instanceof OpeningError ? error.cause : error,
  }
}

/** A missing key, or a body that cannot be read: told by its status, as no effect was asked yet. */
function ofHttp({ code, headers, message, status }: ApiError): ToldFailure {
  const name = (code ?? "refused").replaceAll("_", "-")
  return {
    status,
    code: name,
    headers: { ...contentType, ...headers },
    body: problemToJson({ name, title: "The request was refused", status, detail: message }),
  }
}
