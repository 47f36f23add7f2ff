/** What a guard answers to a prompt. */
import * as Effect from "effect/Effect"
import { asFacetError, type FacetError } from "../words/Errors.ts"
import { difference } from "./Logprobs.ts"
import type { OpenModel } from "./OpenModel.ts"
import type { SharedPrefix } from "./SharedPrefix.ts"

/** `logit(Yes) - logit(No)`. */
export const answerTo = (
  shared: SharedPrefix,
  { answers }: OpenModel,
  tokens: ReadonlyArray<number>,
): Effect.Effect<number, FacetError> =>
  Effect.flatMap(shared.logits(tokens, [answers.yes, answers.no]), ([yes = NaN, no = NaN]) =>
    Effect.try({ try: () => difference(yes, no), catch: (cause) => asFacetError("Judging", cause) }),
  )
