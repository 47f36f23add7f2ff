/** What a generation has said, part by part. It throws nothing, so that a page may have it before it has the SDK. */
import type { FinishPart, Generation, GenerationPart, VerdictPart } from "./Generation.ts"
import type { Prompt } from "./Prompt.ts"
import type { TokenLogprob } from "./TokenLogprob.ts"
import type { ToolCall } from "./Tool.ts"
import type { Trace } from "./Trace.ts"
import { worseVerdict } from "./Verdict.ts"

/** What the parts of a generation have said so far. */
export interface Said {
  readonly text: string
  /** What was called, as far as the calls are complete; left out where nothing was. */
  readonly toolCalls?: ReadonlyArray<ToolCall>
  /** One for each site that is traced, growing with the text. */
  readonly traces: ReadonlyArray<Trace>
  /** A verdict that flagged something stays: an audit goes on after it. */
  readonly verdicts: Generation["verdicts"]
  readonly logprobs: ReadonlyArray<TokenLogprob>
}

export const nothingSaid: Said = { text: "", traces: [], verdicts: {}, logprobs: [] }

/** What was said, with one part more. */
export function withPart(said: Said, part: GenerationPart): Said {
  switch (part.type) {
    case "text":
      return { ...said, text: said.text + part.text, logprobs: withLogprobs(said.logprobs, part.logprobs) }
    case "tool-input-delta":
      return { ...said, logprobs: withLogprobs(said.logprobs, part.logprobs) }
    case "tool-call": {
      const { id, input, logprobs, name } = part
      const toolCalls = [...(said.toolCalls ?? []), { id, name, input }]
      return { ...said, toolCalls, logprobs: withLogprobs(said.logprobs, logprobs) }
    }
    case "trace":
      return { ...said, traces: withTrace(said.traces, part) }
    case "verdict":
      return { ...said, verdicts: withVerdict(said.verdicts, part) }
    case "finish":
      return { ...said, logprobs: withLogprobs(said.logprobs, part.logprobs) }
    default:
      // A judgement that failed; or what a newer engine tells, and nobody here knows.
      return said
  }
}

/** The generation that ended so. */
export function finished<Value = unknown>(
  prompt: Prompt,
  { logprobs, text, toolCalls, traces, verdicts }: Said,
  finish: FinishPart<Value>,
): Generation<Value> {
  const { finishReason, guard, timings, tokens, usage } = finish
  return {
    prompt,
    text,
    ...(toolCalls !== undefined && { toolCalls }),
    finishReason,
    usage,
    timings,
    ...(tokens !== undefined && { tokens }),
    verdicts,
    traces,
    ...(guard !== undefined && { guard }),
    // Where they were asked for, the finish has a list of them, be it empty.
    ...(finish.logprobs !== undefined && { logprobs }),
    ...("object" in finish && { object: finish.object }),
  }
}

const withLogprobs = (
  logprobs: Said["logprobs"],
  more: ReadonlyArray<TokenLogprob> | undefined,
): ReadonlyArray<TokenLogprob> => (more === undefined ? logprobs : [...logprobs, ...more])

const withVerdict = (verdicts: Said["verdicts"], { of, verdict }: VerdictPart): Said["verdicts"] => ({
  ...verdicts,
  [of]: worseVerdict(verdicts[of], verdict),
})

/** The features of tokens at one site. */
type TracePiece = Pick<Trace, "site" | "layer" | "tokens">

/** Traces with one piece more: pieces of one site follow each other without gaps. */
export function withTrace(
  traces: ReadonlyArray<TracePiece>,
  { layer, site, tokens }: TracePiece,
): ReadonlyArray<TracePiece> {
  const isSame = (trace: TracePiece) => trace.site === site && trace.layer === layer
  if (!traces.some(isSame)) return [...traces, { site, layer, tokens }]
  return traces.map((trace) => (isSame(trace) ? { ...trace, tokens: [...trace.tokens, ...tokens] } : trace))
}
