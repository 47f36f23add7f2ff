import * as Effect from "effect/Effect"
import { type CascadePlan, verdictOfProbes } from "../words/Cascade.ts"
import type { ContentTexts } from "../words/Content.ts"
import { type FacetError, InvalidRequestError } from "../words/Errors.ts"
import type { Opened } from "../words/Opened.ts"
import type { Verdict } from "../words/Verdict.ts"
import { judgeByPlace } from "./judgeByPlace.ts"

/** Probabilities of a cascade's probes, out of passes that ran anyway; undefined where those did not read the text. */
export type Probed = Effect.Effect<ReadonlyArray<number> | undefined>

const nothingRun: Verdict["tokens"] = { judged: 0, cached: 0 }

/** Asks the probes, and the guard where they are unsure or cannot tell. */
export const judgeInCascade = (
  plan: CascadePlan,
  content: ContentTexts,
  isNested: boolean,
  probed: Probed,
  guard: Effect.Effect<Verdict, FacetError, Opened>,
): Effect.Effect<Verdict, FacetError, Opened> =>
  Effect.gen(function* () {
    const heard = yield* probed
    const asked = heard === undefined ? yield* askProbes(plan, content, isNested) : undefined
    const tokens = asked?.tokens ?? nothingRun
    const probabilities = heard ?? asked?.policies.map(({ probability }) => probability) ?? [NaN]
    const final = verdictOfProbes(plan, probabilities, tokens)
    if (final !== undefined) return final
    const verdict = yield* guard
    const sum = (count: keyof Verdict["tokens"]) => tokens[count] + verdict.tokens[count]
    return { ...verdict, tokens: { judged: sum("judged"), cached: sum("cached") }, stage: "guard" }
  })

/** Probes of another model are a mistake in what was asked; probes that fail otherwise are unsure. */
const askProbes = ({ probes }: CascadePlan, content: ContentTexts, isNested: boolean) =>
  Effect.catch(judgeByPlace(content, probes, { isNested }), (error) =>
    error instanceof InvalidRequestError ? Effect.fail(error) : Effect.succeed(undefined),
  )
