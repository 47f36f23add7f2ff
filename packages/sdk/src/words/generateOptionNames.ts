import type { GenerateOptions } from "./GenerateOptions.ts"
import { samplingOptionNames, type SamplingOptions } from "./Sampling.ts"

/** An option that is missing here is an error of types. */
const ownNames: Readonly<Record<Exclude<keyof GenerateOptions, keyof SamplingOptions>, true>> = {
  template: true,
  continueFinalMessage: true,
  maxTokens: true,
  minTokens: true,
  stop: true,
  stopTokens: true,
  schema: true,
  choices: true,
  regex: true,
  grammar: true,
  constraint: true,
  tools: true,
  toolChoice: true,
  parallelToolCalls: true,
  guard: true,
  trace: true,
  logprobs: true,
  interventions: true,
}

/** All options of a generation. */
export const generateOptionNames: ReadonlyArray<keyof GenerateOptions> = [
  // The keys of an object literal are those of its type.
  ...(Object.keys(ownNames) as Array<keyof typeof ownNames>),
  ...samplingOptionNames,
]
