/** `providerOptions.facet`: what it may hold, and how it is read. */
import { InvalidArgumentError, type SharedV4ProviderOptions } from "@ai-sdk/provider"
import type { GuardOptions, TraceOptions } from "@facet/sdk"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"

/** What `providerOptions.facet` of a text generation may hold. */
export interface FacetLanguageModelOptions {
  /** Features of the completion's tokens, as `custom` parts `facet.trace`. `true` is one trace at the default site. */
  readonly trace?: boolean | TraceOptions | ReadonlyArray<TraceOptions> | undefined
  /** A guard on what comes in and what goes out; verdicts come as `custom` parts `facet.verdict`. */
  readonly guard?: boolean | GuardOptions | undefined
  /** 0.01 to 100; 1 does nothing. */
  readonly repetitionPenalty?: number | undefined
  /** Keep tokens at least so probable relative to the most probable one; 0 to 1. Needs a `temperature` above 0. */
  readonly minP?: number | undefined
  /** Log-probabilities of the completion's tokens, with so many alternatives, 0 to 20: in the finish's metadata. */
  readonly logprobs?: boolean | number | undefined
}

/** What `providerOptions.facet` of a decision may hold. */
export interface FacetDecisionModelOptions {
  /** Judge the state as what a user wrote (`prompt`, the default) or as what a chatbot answered (`response`). */
  readonly judge?: "prompt" | "response" | undefined
}

/** What `providerOptions.facet` of an embedding may hold. */
export interface FacetEmbeddingModelOptions {
  /** The layer whose residual stream is pooled, from 0. */
  readonly layer?: number | undefined
}

const optional = Schema.optional

const Trace = Schema.Struct({
  layer: optional(Schema.Number),
  site: optional(Schema.String),
  topK: optional(Schema.Number),
})

const Policy = Schema.Struct({
  id: Schema.String,
  harm: Schema.String,
  promptGuideline: Schema.String,
  responseGuideline: Schema.String,
  threshold: Schema.Number,
})

const Mode = Schema.Literals(["window", "buffer", "audit"])

const Guard = Schema.Struct({
  policies: optional(Schema.Array(Schema.Union([Schema.String, Policy]))),
  input: optional(Schema.Union([Schema.Boolean, Schema.Literals(["before", "parallel"])])),
  output: optional(Schema.Union([Schema.Boolean, Mode])),
  mode: optional(Mode),
  onError: optional(Schema.Literals(["block", "allow"])),
  timeoutMs: optional(Schema.Number),
})

const LanguageModelOptions = Schema.Struct({
  trace: optional(Schema.Union([Schema.Boolean, Trace, Schema.Array(Trace)])),
  guard: optional(Schema.Union([Schema.Boolean, Guard])),
  repetitionPenalty: optional(Schema.Number),
  minP: optional(Schema.Number),
  logprobs: optional(Schema.Union([Schema.Boolean, Schema.Number])),
})

const DecisionModelOptions = Schema.Struct({ judge: optional(Schema.Literals(["prompt", "response"])) })

const EmbeddingModelOptions = Schema.Struct({ layer: optional(Schema.Number) })

/** What is misspelt must not be ignored in silence; all that is wrong is told at once. */
const strict = { onExcessProperty: "error", errors: "all" } as const

const describe: SchemaIssue.LeafHook = (issue) =>
  issue._tag === "UnexpectedKey" ? "there is no such option" : SchemaIssue.defaultLeafHook(issue)

/** @throws InvalidArgumentError that names all that is wrong */
const reader = <Fields extends Schema.Struct.Fields>(
  schema: Schema.Struct<Fields> & Schema.ConstraintDecoder<unknown>,
) => {
  const { validate } = Schema.toStandardSchemaV1(schema, { leafHook: describe, parseOptions: strict })["~standard"]
  const known = Object.keys(schema.fields).join(", ")
  return (providerOptions: SharedV4ProviderOptions | undefined): Partial<Schema.Struct<Fields>["Type"]> => {
    const given = providerOptions?.["facet"]
    if (given === undefined || given === null) return {}
    const result = validate(given)
    if (result instanceof Promise) throw new Error("The schema of the options is asynchronous.")
    if (result.issues === undefined) return result.value
    const problems = result.issues.map(({ message, path = [] }) => ({ path: pathOf(path), message }))
    throw new InvalidArgumentError({
      argument: problems[0]?.path ?? "providerOptions.facet",
      message: `${problems.map(({ message, path }) => `${path}: ${message}`).join("; ")}. There are: ${known}.`,
      cause: result.issues,
    })
  }
}

const pathOf = (path: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }>): string =>
  ["providerOptions", "facet", ...path.map((part) => String(typeof part === "object" ? part.key : part))].join(".")

export const readLanguageModelOptions: (
  providerOptions: SharedV4ProviderOptions | undefined,
) => FacetLanguageModelOptions = reader(LanguageModelOptions)

export const readDecisionModelOptions: (
  providerOptions: SharedV4ProviderOptions | undefined,
) => FacetDecisionModelOptions = reader(DecisionModelOptions)

export const readEmbeddingModelOptions: (
  providerOptions: SharedV4ProviderOptions | undefined,
) => FacetEmbeddingModelOptions = reader(EmbeddingModelOptions)
