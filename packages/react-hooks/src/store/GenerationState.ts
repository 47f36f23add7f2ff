import type {
  FailurePart,
  FinishPart,
  Generation,
  GenerationPart,
  Prompt,
  TokenLogprob,
  Trace,
  TracePart,
  VerdictPart,
} from "@facet/sdk"
import type { FacetHooksError } from "./FacetHooksError.ts"
import { toHooksError } from "./toHooksError.ts"

/** A judgement that failed, and whose text was let through. */
export interface GenerationFailure {
  readonly of: "input" | "output"
  readonly error: FacetHooksError
}

/** What is known of a generation so far. */
export interface GenerationState {
  readonly text: string
  /** One for each site that is traced, growing with the text. */
  readonly traces: ReadonlyArray<Trace>
  readonly verdicts: Generation["verdicts"]
  readonly failures: ReadonlyArray<GenerationFailure>
  readonly logprobs: ReadonlyArray<TokenLogprob>
  readonly finish: FinishPart | undefined
}

export const noGeneration: GenerationState = {
  text: "",
  traces: [],
  verdicts: {},
  failures: [],
  logprobs: [],
  finish: undefined,
}

/** The state after one more part. */
export function withPart(state: GenerationState, part: GenerationPart): GenerationState {
  switch (part.type) {
    case "text":
      return { ...state, text: state.text + part.text, logprobs: withLogprobs(state, part.logprobs) }
    case "trace":
      return { ...state, traces: withTrace(state.traces, part) }
    case "verdict":
      return { ...state, verdicts: withVerdict(state.verdicts, part) }
    case "failure":
      return { ...state, failures: [...state.failures, withError(part)] }
    case "finish":
      return { ...state, finish: part, logprobs: withLogprobs(state, part.logprobs) }
    default:
      return state
  }
}

/** The finished generation, as `facet.generate` gives it; undefined before the end. */
export function generationOf(prompt: Prompt, state: GenerationState): Generation | undefined {
  if (state.finish === undefined) return undefined
  const { finish, logprobs, text, traces, verdicts } = state
  const { finishReason, guard, timings, tokens, usage } = finish
  return {
    prompt,
    text,
    finishReason,
    usage,
    timings,
    ...(tokens === undefined ? {} : { tokens }),
    ...(finish.logprobs === undefined ? {} : { logprobs }),
    verdicts,
    ...(guard === undefined ? {} : { guard }),
    traces,
  }
}

const withLogprobs = (
  { logprobs }: GenerationState,
  more: ReadonlyArray<TokenLogprob> | undefined,
): ReadonlyArray<TokenLogprob> => (more === undefined ? logprobs : [...logprobs, ...more])

const withError = ({ error, of }: FailurePart): GenerationFailure => ({ of, error: toHooksError("Judging", error) })

/** Parts for one site follow each other without gaps. */
function withTrace(traces: ReadonlyArray<Trace>, { layer, site, tokens }: TracePart): ReadonlyArray<Trace> {
  const isSame = (trace: Trace) => trace.site === site && trace.layer === layer
  if (!traces.some(isSame)) return [...traces, { site, layer, tokens }]
  return traces.map((trace) => (isSame(trace) ? { ...trace, tokens: [...trace.tokens, ...tokens] } : trace))
}

const withVerdict = (verdicts: Generation["verdicts"], { of, verdict }: VerdictPart): Generation["verdicts"] => {
  // A flagged one stays: what comes after it was judged without what was held back.
  if (verdicts[of]?.flagged === true) return verdicts
  return { ...verdicts, [of]: verdict }
}
