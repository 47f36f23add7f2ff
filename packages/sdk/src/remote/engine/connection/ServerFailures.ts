/** What goes wrong with servers, as errors that hold nothing secret. */
import { ServerError } from "../../../words/Errors.ts"
import { isRecord } from "../../../words/Json.ts"
import { tlsRemedy } from "../../../words/tlsRemedy.ts"

export function serverError(url: string, problem: string, remedy: string, status?: number): ServerError {
  return new ServerError({ url, problem, remedy, ...(status !== undefined && { status }) })
}

/** The answer is none of the kind. */
export const misread = (url: string, held: string): ServerError =>
  serverError(url, `the answer holds ${held}`, "Check that `kind` is what the server is, or leave it out.")

/** The body ended before the answer did. */
export const brokeOff = (url: string): ServerError =>
  serverError(
    url,
    "the answer broke off before its end",
    "What came before is a part of the text alone: ask again, and see whether the server or a proxy ended it.",
  )

export const saidNothing = (url: string, ms: number): ServerError =>
  serverError(
    url,
    `the server said nothing for ${ms} ms`,
    "See whether it is overloaded or hangs; `timeoutMs` beside `url` is how long it may be silent.",
  )

/** What a platform says of a failed request may hold its headers: only the system's code is told. */
export const unreachable = (url: string, code: string | undefined): ServerError =>
  serverError(
    url,
    `the server cannot be reached${code === undefined ? "" : ` (${code})`}`,
    tlsRemedy(code) ??
      "Check the address, whether it is `https://`, that the server runs, and in a page that it sends CORS headers.",
  )

export const redirected = (url: string, status: number): ServerError =>
  serverError(
    url,
    "the server redirects, which a key must not follow",
    "Name in `url` the address that it redirects to.",
    status,
  )

/**
 * @param document what the server said of it
 * @param key what it was asked with
 */
export const refusal = (url: string, status: number, document: unknown, key: string | undefined): ServerError =>
  serverError(
    url,
    `the server answered ${status}${codeIn(document, key)}`,
    isTooLong(document)
      ? "The text is longer than the model's context: shorten it, or start the server with a larger one."
      : (remedies[status] ?? fromLog),
    status,
  )

export const failedMidway = (url: string, document: unknown, key: string | undefined): ServerError =>
  serverError(url, `the server failed${codeIn(document, key)}`, fromLog)

const fromLog = "See what its message and its log say, and whether `url`, `kind` and `model` are right."

const remedies: Readonly<Record<number, string>> = {
  401: "Pass the key in `auth`; a token that has ended, or that a clock that is wrong takes for ended, is fetched anew where `auth` is a function.",
  403: "See whether the key in `auth` may do this.",
  404: "Check that `url` is without `/v1`, and that `model` and `kind` are the server's.",
  413: "Send less, or raise what the server or its proxy takes at once.",
  429: "It is busy, also after waiting: try again later, or give it more capacity.",
  502: "A proxy does not reach it: see whether the server runs.",
  503: "It is busy or still loads its model, also after waiting: try again later.",
  504: "A proxy did not wait for it: raise its time-out.",
}

/** What to do where the key is why; undefined where it is not. */
export const keyRemedy = (status: number | undefined): string | undefined =>
  status === 401 || status === 403 ? remedies[status] : undefined

/** As OpenAI, llama.cpp's server and vLLM say it, each by a field of its own. */
function isTooLong(document: unknown): boolean {
  const { code, param, type } = isRecord(document) && isRecord(document["error"]) ? document["error"] : ({} as const)
  return code === "context_length_exceeded" || type === "exceed_context_size_error" || param === "input_tokens"
}

/** The kind of an error alone: a message may repeat a part of what was sent, and of the key; and so may what is no kind. */
function codeIn(document: unknown, key: string | undefined): string {
  const error = isRecord(document) && isRecord(document["error"]) ? document["error"] : document
  const fields = isRecord(error) ? [error["type"], error["code"], error["error_type"]] : []
  const isKind = (field: string) => /^[\w.-]{1,60}$/.test(field) && (key === undefined || !field.includes(key))
  const code = fields.filter((field) => typeof field === "string").find(isKind)
  return code === undefined ? "" : ` (${code})`
}
