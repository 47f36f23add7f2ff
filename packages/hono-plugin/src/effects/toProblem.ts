/** Failures as problem documents (RFC 9457) that carry the typed error: `{ type, title, status, detail, error? }`. */
import type { FacetError } from "@facet/sdk"
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
}

const problemType = { "Content-Type": "application/problem+json" }

/** What to tell a client; what it may not know stays in `cause`. */
export function toProblem(error: unknown): ToldFailure {
  if (error instanceof ApiError) return ofHttp(error)
  const told = tellable(error)
  const { name, status, title } = isOperators(error) ? unavailable : kinds[told._tag]
  return {
    status,
    code: name,
    headers: { ...problemType, ...(status === 503 && { "Retry-After": "1" }) },
    body: { ...heading(name, title, status), detail: told.message, error: errorToJson(error) },
    cause: error instanceof OpeningError ? error.cause : error,
  }
}

/** A missing key, or a body that cannot be read: told by its status, as no effect was asked yet. */
function ofHttp({ code, headers, message, status }: ApiError): ToldFailure {
  const name = (code ?? "refused").replaceAll("_", "-")
  return {
    status,
    code: name,
    headers: { ...problemType, ...headers },
    body: { ...heading(name, "The request was refused", status), detail: message },
  }
}

const heading = (name: string, title: string, status: number) => ({ type: `urn:facet:problem:${name}`, title, status })
