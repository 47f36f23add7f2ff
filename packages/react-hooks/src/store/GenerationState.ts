import {
  type FailurePart,
  finished,
  type FinishPart,
  type Generation,
  type GenerationPart,
  nothingSaid,
  type Prompt,
  type Said,
  withPart as saidWith,
} from "@facet/sdk/words"
import type { FacetHooksError } from "./FacetHooksError.ts"
import { toHooksError } from "./toHooksError.ts"

/** A judgement that failed, and whose text was let through. */
export interface GenerationFailure {
  readonly of: "input" | "output"
  readonly error: FacetHooksError
}

/** What is known of a generation so far. */
export interface GenerationState extends Said {
  readonly failures: ReadonlyArray<GenerationFailure>
  readonly finish: FinishPart | undefined
}

export const noGeneration: GenerationState = { ...nothingSaid, failures: [], finish: undefined }

/** The state after one more part. */
export function withPart(state: GenerationState, part: GenerationPart): GenerationState {
  const { failures, finish } = state
  return {
    ...saidWith(state, part),
    failures: part.type === "failure" ? [...failures, withError(part)] : failures,
    finish: part.type === "finish" ? part : finish,
  }
}

/** The finished generation, as `facet.generate` gives it; undefined before the end. */
export const generationOf = (prompt: Prompt, state: GenerationState): Generation | undefined =>
  state.finish === undefined ? undefined : finished(prompt, state, state.finish)

const withError = ({ error, of }: FailurePart): GenerationFailure => ({ of, error: toHooksError("Judging", error) })
