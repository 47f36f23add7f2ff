/** How tokens are chosen: the options, and what each may be. */
import type { NumberRange } from "./Checks.ts"

/** Whatever is left out does nothing: the default is greedy. */
export interface SamplingOptions {
  /** Logits are divided by it; 0 to 100. Default 0: greedy, the most probable token, whatever the filters below. */
  readonly temperature?: number | undefined
  /** Keep the so many most probable tokens; an integer >= 0, where 0 keeps all. */
  readonly topK?: number | undefined
  /** Keep the smallest set of most probable tokens that together reach this probability; 0 to 1, at least one token. */
  readonly topP?: number | undefined
  /** Keep tokens at least so probable relative to the most probable one; 0 to 1. */
  readonly minP?: number | undefined
  /**
   * Divide the positive and multiply the negative logits of tokens in the prompt or the generation (Keskar et al.,
   * "CTRL", 2019); 0.01 to 100. Default 1: nothing.
   */
  readonly repetitionPenalty?: number | undefined
  /** Subtracted from the logits of tokens that were generated (OpenAI's API reference); -2 to 2. */
  readonly presencePenalty?: number | undefined
  /** Subtracted from a token's logit once for each time that it was generated (as above); -2 to 2. */
  readonly frequencyPenalty?: number | undefined
  /** Added to the logits of single tokens, by id; -100 to 100. */
  readonly logitBias?: Readonly<Record<number, number>> | undefined
  /** An integer from 0 to 2^53 - 1. The same seed, the same text. Without one every request differs. */
  readonly seed?: number | undefined
}

/** An option that is one number: its range, and in a few words what it does. */
export interface SamplingNumber extends NumberRange {
  readonly about: string
}

const most = Number.MAX_SAFE_INTEGER

/**
 * The options that are one number each: the one table from which checks, servers and command lines are made. An option
 * that is added here is one everywhere.
 */
export const samplingNumbers = {
  temperature: {
    min: 0,
    max: 100,
    integer: false,
    about: "0 always takes the likeliest token (default); 1 samples as the model was trained",
  },
  topK: { min: 0, max: most, integer: true, about: "sample among the K likeliest tokens" },
  topP: { min: 0, max: 1, integer: false, about: "sample among the likeliest tokens that together have probability P" },
  minP: { min: 0, max: 1, integer: false, about: "sample among tokens at least P times as likely as the likeliest" },
  repetitionPenalty: {
    min: 0.01,
    max: 100,
    integer: false,
    about: "above 1 makes tokens that were there less likely",
  },
  presencePenalty: { min: -2, max: 2, integer: false, about: "above 0 makes tokens that were generated less likely" },
  frequencyPenalty: {
    min: -2,
    max: 2,
    integer: false,
    about: "above 0 makes tokens less likely each time that they are generated",
  },
  seed: { min: 0, max: most, integer: true, about: "the same seed gives the same text" },
} as const satisfies Readonly<Record<Exclude<keyof SamplingOptions, "logitBias">, SamplingNumber>>

export type SamplingNumberName = keyof typeof samplingNumbers

/** The names of {@link samplingNumbers}. */
export const samplingNumberNames: ReadonlyArray<SamplingNumberName> =
  // The keys of an object literal are those of its type.
  Object.keys(samplingNumbers) as Array<SamplingNumberName>

/** All options of {@link SamplingOptions}. */
export const samplingOptionNames: ReadonlyArray<keyof SamplingOptions> = [...samplingNumberNames, "logitBias"]

/** What may be added to a logit. */
export const biasRange: NumberRange = { min: -100, max: 100, integer: false }
