/** How an answer is read, by what its headers say. */
import { isTextType } from "@facet/sdk"
import { type Decoding, decodingOf } from "../decodingOf.ts"
import { mediaTypeOf } from "../MediaType.ts"
import { UnreadableBodyError } from "../UnreadableBodyError.ts"
import { EventStreamFormat } from "./EventStreamFormat.ts"
import type { Format, Unreadable } from "./Format.ts"
import { JsonFormat } from "./JsonFormat.ts"
import { JsonLinesFormat } from "./JsonLinesFormat.ts"
import { OpaqueFormat } from "./OpaqueFormat.ts"
import type { Clean } from "./withoutForged.ts"
import { TextFormat } from "./TextFormat.ts"

export interface Answer {
  readonly response: Response
  readonly format: Format
  /** What is read, with its encoding undone. */
  readonly body: ReadableStream<Uint8Array>
  /** Whether what goes out has another encoding than the response's headers say. */
  readonly isDecoded: boolean
}

export interface AnswerPlan {
  readonly isJudged: boolean
  /** Never blocked, so also a text may go out as it comes. */
  readonly isAudited: boolean
  /** What of a JSON value may go out. */
  readonly clean: Clean
  /** Told of what cannot be read; throws it where nothing may go out unjudged. */
  readonly unreadable: Unreadable
}

/** Undefined when the response has no body. */
export function openAnswer(response: Response, plan: AnswerPlan): Answer | undefined {
  const { body } = response
  if (body === null) return undefined
  const opaque = { response, format: new OpaqueFormat(), body, isDecoded: false }
  if (!plan.isJudged) return opaque
  const decoding = decodingOf(response.headers.get("content-encoding"))
  if (decoding === undefined) {
    const encoding = response.headers.get("content-encoding")
    const remedy = "Put the guard inside of what compresses: later in the chain."
    plan.unreadable(unsupported(`The answer's encoding "${encoding}" cannot be read`, remedy))
    return opaque
  }
  const format = formatOf(response.headers, plan)
  if (format === undefined) {
    const type = response.headers.get("content-type")
    const remedy = 'Leave the guard off this route, turn its output off, or set onError: "allow".'
    plan.unreadable(unsupported(`The answer is ${type}, which cannot be judged`, remedy))
    return opaque
  }
  if (decoding === "none") return { response, format, body, isDecoded: false }
  return { response, format, body: inflated(body, decoding), isDecoded: true }
}

function formatOf(headers: Headers, { clean, isAudited, unreadable }: AnswerPlan): Format | undefined {
  const { charset, isJson, name } = mediaTypeOf(headers.get("content-type"))
  if (charset !== undefined && !/^(utf-?8|us-ascii)$/i.test(charset)) return undefined
  if (name === "text/event-stream") {
    return new EventStreamFormat(headers.has("x-vercel-ai-ui-message-stream"), unreadable, clean)
  }
  if (isJson) return new JsonFormat(unreadable, clean)
  if (/^application\/(x-)?(ndjson|jsonl|json-lines|jsonlines)$/.test(name))
    return new JsonLinesFormat(unreadable, clean)
  return name === "" || isTextType(name) ? new TextFormat(!isAudited, unreadable) : undefined
}

/** An answer that is no gzip at all is as unreadable as one that is no UTF-8. */
const inflated = (body: ReadableStream<Uint8Array>, decoding: Decoding): ReadableStream<Uint8Array> =>
  body.pipeThrough(new DecompressionStream(decoding))

const unsupported = (problem: string, remedy: string): UnreadableBodyError =>
  new UnreadableBodyError({ of: "output", reason: "unsupported", problem, remedy })
