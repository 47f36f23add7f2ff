/** Has judged what came in, and what is left of it where a judge cuts something out. */
import * as Effect from "effect/Effect"
import { asFacetError, type FacetError } from "../words/Errors.ts"
import type { PromptReading, PromptReadings } from "../words/promptReadings.ts"
import { cutLengthOf, cutsOf, redact } from "../words/Redaction.ts"
import { holdsBack, holdsBackInput, type Verdict } from "../words/Verdict.ts"
import type { InputRedaction } from "./InputRedaction.ts"
import type { InputJudgement } from "./judgeReadings.ts"

/** How the readings of an input, and one string of it, are judged. */
export interface InputJudges<R> {
  readonly readings: (readings: ReadonlyArray<PromptReading>) => Effect.Effect<InputJudgement, FacetError, R>
  readonly string: (text: string) => Effect.Effect<Verdict, FacetError, R>
}

/** An input that was let in. */
export interface JudgedInput extends InputJudgement {
  /** There where something was cut out of it: what is left, and how many characters are gone. */
  readonly left?: { readonly readings: PromptReadings; readonly cutLength: number } | undefined
}

/**
 * Of an input in which a judge finds what it cuts out, the strings that hold it are judged by themselves and written without it, and
 * then all of it is judged once more: the source reads what was found clean, by the same rules as any input. Whatever goes
 * wrong on the way leaves the first judgement as it was, by which the input is blocked, also where a guard lets out what it
 * cannot judge: something was found.
 *
 * @param readings at least one.
 */
export const judgeInput = <R>(
  readings: ReadonlyArray<PromptReading>,
  { rewrite, strings }: InputRedaction,
  judges: InputJudges<R>,
): Effect.Effect<JudgedInput, FacetError, R> =>
  Effect.gen(function* () {
    const first = yield* judges.readings(readings)
    const { finds } = first
    if (finds === undefined || finds.size === 0 || holdsBack(first.verdict)) return first
    const withoutFinds = Effect.gen(function* () {
      const said = new Map<string, string>()
      const verdicts: Array<Verdict> = []
      let cutLength = 0
      for (const text of strings) {
        if (said.has(text) || !finds.values().some((find) => text.includes(find))) continue
        const verdict = yield* judges.string(text)
        verdicts.push(verdict)
        if (holdsBack(verdict)) return first
        const cuts = cutsOf(verdict.policies)
        said.set(text, redact(text, cuts))
        cutLength += cutLengthOf(cuts, text)
      }
      const left = yield* Effect.tryPromise({
        try: async () => rewrite(said),
        catch: (cause) => asFacetError("Redacting the input", cause),
      })
      const written = left.input.filter(({ text }) => text.trim() !== "")
      const again = written.length === 0 ? undefined : yield* judges.readings(written)
      if (again !== undefined && holdsBackInput(again.verdict)) return first
      return { ...withCosts(first, verdicts, again), left: { readings: left, cutLength } }
    })
    return yield* Effect.catch(withoutFinds, () => Effect.succeed(first))
  })

function withCosts(
  first: InputJudgement,
  verdicts: ReadonlyArray<Verdict>,
  again: InputJudgement | undefined,
): InputJudgement {
  const others = [...verdicts, ...(again === undefined ? [] : [again.verdict])]
  const sum = (count: keyof Verdict["tokens"]) =>
    others.reduce((all, { tokens }) => all + tokens[count], first.verdict.tokens[count])
  return {
    ...first,
    verdict: { ...first.verdict, tokens: { judged: sum("judged"), cached: sum("cached") } },
    judgements: first.judgements + verdicts.length + (again?.judgements ?? 0),
  }
}
