/** Asks a judging service over HTTP. What it answers is not trusted, and what it was sent stands in no error. */
import { connectionCode } from "../../words/connectionCode.ts"
import { JudgeError } from "../../words/Errors.ts"
import { isRecord, type JsonRecord, parseJson } from "../../words/Json.ts"
import { tlsRemedy } from "../../words/tlsRemedy.ts"
import { whileWaited } from "../../words/whileWaited.ts"
import { isSendable, type ServiceSettings } from "./ServiceSettings.ts"

export interface ServiceRequest {
  readonly url: string
  /** The header that the key goes in, and what stands before it. */
  readonly keyHeader: readonly [name: string, before: string]
  readonly body: object
  readonly signal: AbortSignal
}

const defaultTimeoutMs = 10_000

/** No judgement has as many bytes. */
const mostBytes = 1024 * 1024

const tryAgain = "See whether the service runs, or try again later."

/**
 * @returns the document that the service answered
 * @throws JudgeError for anything else, or the signal's reason
 */
export async function askService(
  judge: string,
  { apiKey, fetch = globalThis.fetch, timeoutMs = defaultTimeoutMs }: ServiceSettings,
  { body, keyHeader: [name, before], signal, url }: ServiceRequest,
): Promise<JsonRecord> {
  const deadline = AbortSignal.timeout(timeoutMs)
  const ending = AbortSignal.any([signal, deadline])
  try {
    const key = typeof apiKey === "function" ? await keyOf(judge, apiKey, ending) : apiKey
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...(key !== undefined && { [name]: `${before}${key}` }) },
      body: JSON.stringify(body),
      signal: ending,
      // A key goes to nobody else.
      redirect: "error",
    })
    return await documentOf(judge, response)
  } catch (cause) {
    if (cause instanceof JudgeError) throw cause
    signal.throwIfAborted()
    if (deadline.aborted) {
      throw new JudgeError({ judge, problem: `the service did not answer within ${timeoutMs} ms`, remedy: tryAgain })
    }
    const code = connectionCode(cause)
    const problem = `the service cannot be reached${code === undefined ? "" : ` (${code})`}`
    throw new JudgeError({ judge, problem, remedy: tlsRemedy(code) ?? tryAgain })
  }
}

/** What a secret store says when it fails may tell of secrets. */
async function keyOf(judge: string, give: () => string | Promise<string>, signal: AbortSignal): Promise<string> {
  const remedy = "See what `apiKey` does."
  let key: unknown
  try {
    key = await whileWaited(Promise.resolve(give()), signal)
  } catch {
    signal.throwIfAborted()
    throw new JudgeError({ judge, problem: "the function that gives the key failed", remedy })
  }
  if (typeof key === "string" && isSendable(key)) return key
  throw new JudgeError({ judge, problem: "the function that gives the key gave none of printable ASCII", remedy })
}

async function documentOf(judge: string, response: Response): Promise<JsonRecord> {
  const text = await readBounded(judge, response)
  const document = parseJson(text)?.value
  const { status } = response
  if (!response.ok) {
    const problem = `the service answered ${status}${errorCode(document)}`
    throw new JudgeError({ judge, problem, remedy: remedyOf(status), status })
  }
  if (isRecord(document)) return document
  throw unreadable(judge, "it is no JSON object")
}

async function readBounded(judge: string, response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let [bytes, text] = [0, ""]
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    if (bytes > mostBytes) throw unreadable(judge, `it has more than ${mostBytes} bytes`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/** The answer is something else than the service promises: nothing was judged. */
export const unreadable = (judge: string, problem: string): JudgeError =>
  new JudgeError({
    judge,
    problem: `the service's answer cannot be read: ${problem}`,
    remedy: "See whether the address is the service's, and which version it speaks.",
  })

/** OpenAI's and Google's errors have a code; their messages repeat parts of keys, and texts. */
function errorCode(document: unknown): string {
  const error = isRecord(document) ? document["error"] : undefined
  const { code, status } = isRecord(error) ? error : {}
  const told = [status, code].find((one): one is string => typeof one === "string" && /^\w{1,64}$/.test(one))
  return told === undefined ? "" : ` (${told})`
}

function remedyOf(status: number): string {
  if (status === 401 || status === 403) return "See whether the key is right and may do this."
  if (status === 429) return "Ask less often, or raise the quota."
  return status >= 500 ? tryAgain : "See whether the judge's options are what the service knows."
}
