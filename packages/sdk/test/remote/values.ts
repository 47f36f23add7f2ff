/** Any values of what travels between a client and a server. */
import * as Schema from "effect/Schema"
import { deviceNames, precisions } from "../../src/words/Device.ts"
import { errorClasses, type FacetError } from "../../src/words/Errors.ts"
import { errorTags } from "../../src/words/errorTags.ts"
import type { GenerationPart } from "../../src/words/Generation.ts"
import { siteNames } from "../../src/words/Site.ts"
import { judgedTurns } from "../../src/words/Verdict.ts"

/** With what JSON escapes, and characters of several units. */
const Text = Schema.Literals(["", "fox", " a\n", '"\\', "狐は", "\ud83e\udd8a", "\u2028", "__proto__"])
const Whole = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 }))
/** Numbers that have no short decimals. JSON has no -0. */
const Amount = Schema.Literals([0, 0.1, 1 / 3, Math.PI, 1e-12, 123456.789, -0.25, -7e8])
const Flag = Schema.Boolean
const Side = Schema.Literals(["input", "output"])
const few = <S extends Schema.Top>(item: S) => Schema.Array(item).check(Schema.isMaxLength(3))
const maybe = Schema.optionalKey

const span = { start: Whole, end: Whole, without: Amount, effect: Amount }
const Reason = Schema.Struct({
  ...span,
  side: Schema.Literals(["prompt", "response"]),
  text: Text,
  spans: few(Schema.Struct(span)),
  features: maybe(
    few(
      Schema.Struct({
        site: Schema.Literals(siteNames),
        layer: Whole,
        index: Whole,
        activation: Amount,
        label: maybe(Text),
        direct: Amount,
        effect: Amount,
      }),
    ),
  ),
  tokens: Schema.Struct({ judged: Whole, cached: Whole }),
})

const policy = { policy: Text, probability: Amount, threshold: Amount, flagged: Flag }

const verdictOf = <S extends Schema.Top>(item: S) =>
  Schema.Struct({
    flagged: Flag,
    policies: few(item),
    turn: maybe(Schema.Literals(judgedTurns)),
    tokens: Schema.Struct({ judged: Whole, cached: Whole }),
  })

export const Verdict = verdictOf(Schema.Struct({ ...policy, reason: maybe(Reason) }))

/** One that was not asked for its reasons. */
const PlainVerdict = verdictOf(Schema.Struct(policy))

const reach = { threshold: maybe(Amount), reached: maybe(Flag) }
const Named = Schema.Record(Text, Amount)

/** An answer to a typed question. */
export const Answer = Schema.Union([
  Schema.Struct({ type: Schema.Literal("boolean"), probability: Amount, ...reach }),
  Schema.Struct({ type: Schema.Literal("choice"), choice: Text, probabilities: Named, ...reach }),
  Schema.Struct({ type: Schema.Literal("score"), score: Amount, probabilities: Named, ...reach }),
])

/** What makes a question's probabilities true, and how far they were from it. */
export const Calibration = Schema.Union([
  Schema.Struct({ temperature: Amount }),
  Schema.Struct({ slope: Amount, offset: Amount }),
])
export const Report = Schema.Struct({ examples: Whole, ece: Schema.Struct({ before: Amount, after: Amount }) })

const TraceToken = Schema.Struct({
  token: Text,
  id: Whole,
  features: few(Schema.Struct({ index: Whole, activation: Amount, label: maybe(Text) })),
})

export const Trace = Schema.Struct({ site: Schema.Literals(siteNames), layer: Whole, tokens: few(TraceToken) })

/** Of any tensor's numbers, each as 32 bits. */
export const Bits = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 ** 32 - 1 }))).check(
  Schema.isMaxLength(40),
)

export const Description = Schema.Struct({
  model: Text,
  device: Schema.Struct({
    name: Schema.Literals(deviceNames),
    precision: maybe(Schema.Literals(precisions)),
    threads: maybe(Whole),
    rejected: few(Schema.Struct({ name: Schema.Literals(deviceNames), reason: Text })),
  }),
})

/** An error of any class. */
export const ErrorSeed = Schema.Struct({ tag: Schema.Literals(errorTags), text: Text, number: Whole })

export function errorOf({ number, tag, text }: typeof ErrorSeed.Type): FacetError {
  const fields = {
    model: text,
    file: text,
    architecture: text,
    supported: text,
    option: text,
    device: text,
    url: text,
    operation: text,
    problem: text,
    remedy: text,
    tokens: number,
    limit: number,
    milliseconds: number,
  }
  // Each class takes some of these.
  const Class = errorClasses[tag] as unknown as new (fields: object) => FacetError
  return new Class(fields)
}

const alternative = { token: Text, id: Whole, bytes: few(Whole), logprob: Amount }
export const Score = Schema.Struct({
  tokens: few(
    Schema.Struct({
      token: Text,
      id: Whole,
      logprob: Schema.NullOr(Amount),
      top: maybe(few(Schema.Struct(alternative))),
    }),
  ),
  perplexity: Schema.NullOr(Amount),
})

const Logprobs = few(Schema.Struct({ ...alternative, top: few(Schema.Struct(alternative)) }))

const GuardReport = Schema.Struct({
  releasedCharacters: Whole,
  heldCharacters: Whole,
  leakedCharacters: Whole,
  firstDelayMs: maybe(Amount),
  lastDelayMs: maybe(Amount),
  judgements: Whole,
  tokens: Schema.Struct({ judged: Whole, cached: Whole }),
  verdicts: Schema.Struct({ input: maybe(PlainVerdict), output: maybe(PlainVerdict) }),
  blocked: maybe(
    Schema.Struct({
      of: Side,
      channel: maybe(Text),
      reason: Schema.Literals(["flagged", "failed"]),
      verdict: maybe(PlainVerdict),
      error: maybe(ErrorSeed),
    }),
  ),
})

/** A part whose errors are seeds: `partOf` makes them. */
export const PartSeed = Schema.Union([
  Schema.Struct({ type: Schema.Literal("text"), text: Text, tokens: maybe(few(Whole)), logprobs: maybe(Logprobs) }),
  Schema.Struct({ type: Schema.Literal("trace"), ...Trace.fields }),
  Schema.Struct({ type: Schema.Literal("verdict"), of: Side, verdict: PlainVerdict }),
  Schema.Struct({ type: Schema.Literal("failure"), of: Side, error: ErrorSeed }),
  Schema.Struct({
    type: Schema.Literal("finish"),
    finishReason: Schema.Literals(["stop", "length", "blocked"]),
    usage: Schema.Struct({ promptTokens: Whole, completionTokens: Whole, cachedTokens: Whole }),
    timings: Schema.Struct({ firstTokenMs: Amount, totalMs: Amount, tokensPerSecond: Amount }),
    tokens: maybe(Schema.Struct({ prompt: few(Whole), completion: few(Whole) })),
    logprobs: maybe(Logprobs),
    guard: maybe(GuardReport),
  }),
])

export function partOf(seed: typeof PartSeed.Type): GenerationPart {
  if (seed.type === "failure") return { ...seed, error: errorOf(seed.error) }
  if (seed.type !== "finish") return seed
  const { guard, ...rest } = seed
  if (guard === undefined) return rest
  const { blocked, ...report } = guard
  const told = { firstDelayMs: undefined, lastDelayMs: undefined, ...report }
  if (blocked === undefined) return { ...rest, guard: told }
  const { error, ...block } = blocked
  return { ...rest, guard: { ...told, blocked: { ...block, ...(error !== undefined && { error: errorOf(error) }) } } }
}
