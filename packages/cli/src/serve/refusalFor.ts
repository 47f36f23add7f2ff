/** What a client is told when no model can be asked, in the form of the API that he speaks. */
import { problemToJson, problemType, routes } from "@facet/sdk/remote"
import { ClosedError, errorToPlain } from "@facet/sdk/words"

export type Reason = "opening" | "stopping" | "lost"

export interface Refusal {
  readonly status: 503
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const told = {
  opening: { code: "not_ready", title: "The server is not ready", message: "The model is being opened." },
  stopping: {
    code: "shutting_down",
    title: "The server is shutting down",
    message: "The server is shutting down.",
  },
  lost: {
    code: "worker_lost",
    title: "The server failed",
    message: "The process that ran the request ended before it answered. Ask again, or ask for less.",
  },
} as const satisfies Readonly<Record<Reason, object>>

/** @param path of the request: what begins with `/api/` is Ollama's, with `/facet` the effects', and all else OpenAI's. */
export function refusalFor(path: string, reason: Reason): Refusal {
  const { code, message, title } = told[reason]
  const isEffect = path === routes.describe || path.startsWith(`${routes.describe}/`)
  const body = isEffect
    ? problemOf(reason, title, message)
    : path.startsWith("/api/")
      ? { error: message }
      : apiError(message, code)
  const type = isEffect ? problemType : "application/json"
  return { status: 503, headers: { "Content-Type": type, "Retry-After": "1" }, body: JSON.stringify(body) }
}

const apiError = (message: string, code: string): object => ({
  error: { message, type: "server_error", param: null, code },
})

const problemOf = (reason: Reason, title: string, message: string): object =>
  problemToJson({
    name: reason === "opening" ? "not-ready" : reason === "stopping" ? "closed" : "worker-lost",
    title,
    status: 503,
    detail: reason === "stopping" ? "The server takes no more requests." : message,
    ...(reason === "stopping" && { error: errorToPlain(new ClosedError()) }),
  })
