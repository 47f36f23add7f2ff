/** The parts of a generation as JSON. Errors in them travel as plain data, as far as a client may know them. */
import { isRecord, type JsonRecord } from "../words/Json.ts"
import type { PlainError } from "../words/Errors.ts"
import type {
  FailurePart,
  FinishPart,
  GenerationPart,
  GenerationTokens,
  TextPart,
  Timings,
  ToolCallPart,
  ToolInputDeltaPart,
  ToolInputStartPart,
  TracePart,
  Usage,
  VerdictPart,
} from "../words/Generation.ts"
import type { Blocked, GuardReport } from "../words/GuardReport.ts"
import type { TokenAlternative, TokenLogprob } from "../words/TokenLogprob.ts"
import { visibleVerdict } from "../words/Verdict.ts"
import { list, named, number, oneOf, optional, type Reader, record, text, whole } from "./Reader.ts"
import { siteFromJson, traceTokenFromJson } from "./TraceDocument.ts"
import { verdictFromJson } from "./VerdictDocument.ts"

/**
 * @param tell what a client may know of an error.
 * @example
 * for await (const part of facet.stream(prompt)) write(lineOf(partToJson(part, tell)))
 */
export function partToJson(part: GenerationPart, tell: (error: unknown) => PlainError): object {
  if (part.type === "failure") return { ...part, error: tell(part.error) }
  if ("object" in part) {
    // Whoever reads the text makes the values of it, and validates them.
    const { object: _object, ...rest } = part
    return partToJson(rest, tell)
  }
  if (part.type === "verdict") return { ...part, verdict: visibleVerdict(part.of, part.verdict) }
  return part.type === "finish" && part.guard !== undefined ? { ...part, guard: reportToJson(part.guard, tell) } : part
}

function reportToJson(report: GuardReport, tell: (error: unknown) => PlainError): object {
  const { blocked, verdicts } = report
  const sides = (["input", "output"] as const).flatMap((of) => {
    const verdict = verdicts[of]
    return verdict === undefined ? [] : [[of, visibleVerdict(of, verdict)] as const]
  })
  return { ...report, verdicts: Object.fromEntries(sides), ...(blocked && { blocked: blockedToJson(blocked, tell) }) }
}

const blockedToJson = ({ error, verdict, ...blocked }: Blocked, tell: (error: unknown) => PlainError): object => ({
  ...blocked,
  ...(verdict !== undefined && { verdict: visibleVerdict(blocked.of, verdict) }),
  ...(error !== undefined && { error: tell(error) }),
})

/** In place of a part: the work failed on the way, and nothing follows. */
export const breakToJson = (problem: object): object => ({ type: "error", problem })

/** The problem that ended the work, where a document says that one did. */
export const breakFromJson = (document: unknown): { readonly problem: unknown } | undefined =>
  isRecord(document) && document["type"] === "error" ? { problem: document["problem"] } : undefined

/**
 * @param revive makes an error of its description.
 * @returns a reader of parts, which throws Misread for what is none.
 */
export function partReader(revive: (error: unknown) => Error): Reader<GenerationPart> {
  const error: Reader<unknown> = (value) => revive(value)
  const blocked = record<Blocked>({
    of: side,
    channel: optional(text),
    reason: oneOf(["flagged", "failed"]),
    verdict: optional(verdictFromJson),
    error: optional(error),
  })
  const readers: {
    readonly [Type in GenerationPart["type"]]: Reader<Omit<Extract<GenerationPart, { readonly type: Type }>, "object">>
  } = {
    text: record<Omit<TextPart, "object">>({
      type: oneOf(["text"]),
      text,
      ...chosen,
    }),
    "tool-input-start": record<ToolInputStartPart>({ type: oneOf(["tool-input-start"]), id: text, name: text }),
    "tool-input-delta": record<ToolInputDeltaPart>({
      type: oneOf(["tool-input-delta"]),
      id: text,
      delta: text,
      ...chosen,
    }),
    "tool-call": record<ToolCallPart>({ type: oneOf(["tool-call"]), id: text, name: text, input: fields, ...chosen }),
    trace: record<TracePart>({
      type: oneOf(["trace"]),
      site: siteFromJson,
      layer: whole,
      tokens: list(traceTokenFromJson),
    }),
    verdict: record<VerdictPart>({ type: oneOf(["verdict"]), of: side, verdict: verdictFromJson }),
    failure: record<FailurePart>({ type: oneOf(["failure"]), of: side, error }),
    finish: record<Omit<FinishPart, "object">>({
      type: oneOf(["finish"]),
      finishReason: oneOf(["stop", "length", "blocked", "tool-calls"]),
      usage: record<Usage>({ promptTokens: whole, completionTokens: whole, cachedTokens: whole }),
      timings: record<Timings>({ firstTokenMs: number, totalMs: number, tokensPerSecond: number }),
      tokens: optional(record<GenerationTokens>({ prompt: list(whole), completion: list(whole) })),
      logprobs: optional(list(logprob)),
      guard: optional(report(blocked)),
    }),
  }
  const types = Object.keys(readers)
  return (document, path) => {
    const type = oneOf(types)(isRecord(document) ? document["type"] : undefined, "type")
    // `oneOf` gave one of the readers' own names.
    return readers[type as GenerationPart["type"]](document, path)
  }
}

const side = oneOf(["input", "output"])

const alternative = { token: text, id: whole, bytes: list(whole), logprob: number }

/** @throws Misread when it is none. */
export const tokenAlternativeFromJson = record<TokenAlternative>(alternative)

const logprob = record<TokenLogprob>({ ...alternative, top: list(tokenAlternativeFromJson) })

/** The arguments of a call: any JSON. */
const fields: Reader<JsonRecord> = named((value) => value)

const chosen = { tokens: optional(list(whole)), logprobs: optional(list(logprob)) }

const report = (blocked: Reader<Blocked>): Reader<GuardReport> =>
  record<GuardReport>({
    releasedCharacters: whole,
    heldCharacters: whole,
    redactedCharacters: optional(whole),
    redactedInputCharacters: optional(whole),
    leakedCharacters: whole,
    firstDelayMs: optional(number),
    lastDelayMs: optional(number),
    judgements: whole,
    tokens: record<GuardReport["tokens"]>({ judged: whole, cached: whole }),
    stages: optional(record<NonNullable<GuardReport["stages"]>>({ probe: whole, guard: whole })),
    verdicts: record<GuardReport["verdicts"]>({ input: optional(verdictFromJson), output: optional(verdictFromJson) }),
    blocked: optional(blocked),
  })
