/** What is told of a server, checked. */
import { checkFlag, checkFunction, checkKnown, checkNumber, checkOneOf, show } from "../../../words/Checks.ts"
import { invalidRequest } from "../../../words/Errors.ts"
import { isList } from "../../../words/Json.ts"
import { type RemoteModel, serverKinds } from "../../../words/RemoteModel.ts"

/** How a server is asked. */
export interface ConnectionSettings {
  /** At least one, each without a slash at its end: the others stand in for the first. */
  readonly urls: readonly [string, ...ReadonlyArray<string>]
  readonly auth: RemoteModel["auth"]
  readonly timeoutMs: number
  readonly hedgeMs: number | undefined
  readonly concurrency: number
}

const optionNames = [
  "url",
  "kind",
  "model",
  "auth",
  "fallback",
  "check",
  "window",
  "timeoutMs",
  "hedgeMs",
  "concurrency",
] as const satisfies ReadonlyArray<keyof RemoteModel>

/** Less would cut texts into single words. */
export const leastWindow = 32

const usual = { timeoutMs: 120_000, concurrency: 16 }
/** A timer cannot wait longer. */
const longest = 2 ** 31 - 1

/**
 * @param option where the server was named: `model` or `shield`
 * @throws InvalidRequestError that names the field
 */
export function readRemoteModel(option: string, remote: RemoteModel): ConnectionSettings {
  checkKnown(remote, optionNames, option)
  checkFlag(`${option}.check`, remote.check)
  if (remote.window !== undefined) {
    checkNumber(`${option}.window`, remote.window, { min: leastWindow, max: Number.MAX_SAFE_INTEGER, integer: true })
  }
  checkOneOf(`${option}.kind`, remote.kind ?? serverKinds[0], serverKinds)
  const { auth, concurrency = usual.concurrency, fallback = [], hedgeMs, model, timeoutMs = usual.timeoutMs } = remote
  if (model !== undefined && (typeof model !== "string" || model === "")) {
    throw invalidRequest(`${option}.model`, `${show(model)} is no name`, "Use the model's name on the server.")
  }
  if (typeof auth === "string" ? !isKey(auth) : auth !== undefined && typeof auth !== "function") {
    throw invalidRequest(`${option}.auth`, "it is no key", "Pass the key alone, or a function that gives it.")
  }
  if (typeof auth === "function") checkFunction(`${option}.auth`, auth)
  if (!isList(fallback)) throw invalidRequest(`${option}.fallback`, "it is no list", "Pass a list of addresses.")
  checkNumber(`${option}.timeoutMs`, timeoutMs, { min: 1, max: longest, integer: false })
  if (hedgeMs !== undefined) checkNumber(`${option}.hedgeMs`, hedgeMs, { min: 1, max: longest, integer: false })
  checkNumber(`${option}.concurrency`, concurrency, { min: 1, max: 1024, integer: true })
  const others = fallback.map((url, i) => readUrl(`${option}.fallback[${i}]`, url))
  return { urls: [readUrl(`${option}.url`, remote.url), ...others], auth, timeoutMs, hedgeMs, concurrency }
}

/** What a header of HTTP can hold. */
export const isKey = (key: unknown): key is string => typeof key === "string" && /^[\x21-\x7e]+$/.test(key)

function readUrl(option: string, url: unknown): string {
  const parsed = typeof url === "string" && URL.canParse(url) ? new URL(url) : undefined
  // The address itself is not shown: a password may stand in it.
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw invalidRequest(option, "it is no address of HTTP", 'Use one such as "http://127.0.0.1:8080".')
  }
  if (parsed.username !== "" || parsed.password !== "" || parsed.search !== "" || parsed.hash !== "") {
    throw invalidRequest(option, "it has a name, a password, a query or a fragment", "Pass the key in `auth`.")
  }
  return parsed.href.replace(/\/+$/, "").replace(/\/v1$/, "")
}
