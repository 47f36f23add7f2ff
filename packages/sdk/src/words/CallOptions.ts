/** What every call of the Promise face takes beside its own options. */
import type { AnswerSchema } from "./AnswerSchema.ts"
import { show } from "./Checks.ts"
import { invalidRequest } from "./Errors.ts"
import type { GenerateOptions } from "./GenerateOptions.ts"
import type { Prompt } from "./Prompt.ts"
import { readTraceparent } from "./Traceparent.ts"

export interface CallOptions {
  /** Aborting it ends the work within one token or one prefill chunk; the call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /**
   * Whose prefixes the call may reuse: those of calls with the same salt alone. Give each user one of his own where some
   * must not learn, by times and counts of cached tokens, what others sent. Default: all calls share.
   */
  readonly cacheSalt?: string | undefined
  /**
   * Whose call it is. Where more calls wait than can be under way, the next place goes to the client who has the fewest
   * there, and none has all of them. Default: `cacheSalt`; without either, the calls of nobody are one client's.
   */
  readonly client?: string | undefined
  /**
   * The span that the call's spans belong under, as W3C's trace context writes it in the header `traceparent`. Default: they
   * begin a trace of their own.
   */
  readonly traceparent?: string | undefined
}

/**
 * Takes a call's own options from those of the effect.
 *
 * @throws InvalidRequestError when the options are no object, or the signal is none.
 */
export function splitCallOptions<Options extends CallOptions>(
  options: Options,
): { readonly call: CallOptions; readonly rest: Omit<Options, keyof CallOptions> } {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    const kind = options === null ? "null" : Array.isArray(options) ? "a list" : typeof options
    throw invalidRequest("options", `${kind} where an object is expected`, "Pass an object, or leave it out.")
  }
  const { cacheSalt, client, signal, traceparent, ...rest } = options
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalidRequest(
      "signal",
      `${signal === null ? "null" : typeof signal} where an AbortSignal is expected`,
      "Pass the signal of an AbortController.",
    )
  }
  for (const [option, value] of Object.entries({ cacheSalt, client })) {
    if (value === undefined || typeof value === "string") continue
    throw invalidRequest(option, `${show(value)} where a text is expected`, "Pass a text, or leave it out.")
  }
  if (traceparent !== undefined) readTraceparent(traceparent)
  return { call: { signal, cacheSalt, client, traceparent }, rest }
}

/** What `stream` is asked, as one object. */
export interface StreamRequest<S extends AnswerSchema = AnswerSchema> extends GenerateOptions<S>, CallOptions {
  readonly prompt: Prompt
}

/**
 * Takes apart what `stream` is called with: a prompt and options, or one object that holds both.
 *
 * @throws InvalidRequestError when the options are no object, or the signal is none.
 */
export function splitStreamCall<S extends AnswerSchema>(
  first: Prompt | StreamRequest<S>,
  second: GenerateOptions<S> & CallOptions = {},
): { readonly prompt: Prompt; readonly call: CallOptions; readonly rest: GenerateOptions<S> } {
  const isRequest = typeof first === "object" && first !== null && "prompt" in first
  const { prompt, ...options } = isRequest ? { ...second, ...first } : { ...second, prompt: first }
  return { prompt, ...splitCallOptions(options) }
}
