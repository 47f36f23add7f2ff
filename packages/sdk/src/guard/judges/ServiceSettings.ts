/** What judges are told that ask a service over HTTP. */
import { checkCount, checkFunction, checkKnown, show } from "../../words/Checks.ts"
import { invalidRequest } from "../../words/Errors.ts"
import { checkSettings, type JudgeSettings, settingNames } from "./JudgeSettings.ts"

export interface ServiceSettings extends JudgeSettings {
  /**
   * The service's key or token; a function is asked anew for each request, as a token may have ended. It is sent to the
   * service alone, as a header, and stands in no error. A key in a page is everybody's: there it is refused.
   */
  readonly apiKey?: string | (() => string | Promise<string>) | undefined
  /** Where the service stands. Default: where its maker runs it. */
  readonly baseUrl?: string | undefined
  /** Milliseconds that one request may take. Default 10,000. */
  readonly timeoutMs?: number | undefined
  /** UTF-16 units that are judged at once: a longer text is judged in overlapping pieces, of which the worst counts. */
  readonly pieceCharacters?: number | undefined
  /** In place of the platform's. */
  readonly fetch?: typeof globalThis.fetch | undefined
}

const serviceNames = ["apiKey", "baseUrl", "timeoutMs", "pieceCharacters", "fetch"] as const satisfies ReadonlyArray<
  keyof ServiceSettings
>

/** A timer cannot wait longer. */
const longestTimeoutMs = 2 ** 31 - 1

/**
 * @param names of the judge's own options
 * @throws InvalidRequestError that names the option, and never a key
 */
export function checkService(options: ServiceSettings, names: ReadonlyArray<string>, needsKey: boolean): void {
  checkKnown(options, [...names, ...serviceNames, ...settingNames])
  checkSettings(options)
  checkKey(options.apiKey, needsKey)
  checkCount("timeoutMs", options.timeoutMs)
  if ((options.timeoutMs ?? 1) > longestTimeoutMs) {
    throw invalidRequest("timeoutMs", `${show(options.timeoutMs)} is out of range`, "Use fewer milliseconds.")
  }
  checkCount("pieceCharacters", options.pieceCharacters)
  checkFunction("fetch", options.fetch)
  const { baseUrl } = options
  if (baseUrl !== undefined && !(typeof baseUrl === "string" && /^https?:\/\/[^?#]+$/.test(baseUrl))) {
    throw invalidRequest("baseUrl", "it is no address", 'Use one such as "http://127.0.0.1:8000/v1".')
  }
}

function checkKey(apiKey: unknown, needsKey: boolean): void {
  if (apiKey === undefined) {
    if (!needsKey) return
    throw invalidRequest("apiKey", "it is missing", "Pass it, from the environment or a secret store.")
  }
  if (typeof apiKey !== "function" && !(typeof apiKey === "string" && isSendable(apiKey))) {
    throw invalidRequest("apiKey", "it is no key of printable ASCII", "Pass a text, or a function that gives one.")
  }
  // Whoever opens a page reads all that it holds.
  if ("document" in globalThis) {
    throw invalidRequest("apiKey", "a page's keys are everybody's", "Judge on the server, where the key is.")
  }
}

/** A header takes nothing else. */
export const isSendable = (key: string): boolean => /^[\x21-\x7e]+$/.test(key)
