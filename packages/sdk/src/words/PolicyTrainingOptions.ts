/** How a policy is trained. */
import type { Policy } from "./Policy.ts"
import type { ProbeFrame } from "./Probe.ts"

interface AnyTrainingOptions {
  /** Of the policy. Default: `own`, or `distilled`. */
  readonly id?: string | undefined
  /** Default: the id. */
  readonly harm?: string | undefined
  /** Whose activations a probe reads: the model's that judges, or the one's that writes, which cost nothing while it writes. */
  readonly activations?: "guard" | "text" | undefined
  /**
   * What stands around the examples while they are read: see {@link ProbeFrame}. Default: `chat` for the model that writes, which is
   * read while it does, and `shield` for the guard, which knows more of a text where it is asked about it.
   */
  readonly frame?: ProbeFrame | undefined
  /** Layers that a probe may read, from 0. Default: all of a small model, twelve of a large one. */
  readonly layers?: ReadonlyArray<number> | undefined
  /** The threshold is to flag at most this share of harmless texts, from 0 to 1. */
  readonly maxFalsePositiveRate?: number | undefined
  /** The threshold is to flag at least this share of violations, from 0 to 1. */
  readonly minRecall?: number | undefined
  /** Called after each example. */
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined
}

export interface TrainPolicyOptions extends AnyTrainingOptions {
  /** What a text must not do, in words; as the official ones do it best: `"No Spam": The prompt shall not contain ...`. */
  readonly guideline: string
  /** The same for what a chatbot answered. Default: the guideline. */
  readonly responseGuideline?: string | undefined
  /** What the examples are: what a user wrote (default), or what a chatbot answered. */
  readonly judge?: "prompt" | "response" | undefined
}

export interface DistilPolicyOptions extends AnyTrainingOptions {
  /** The policies by which the guard labels the texts: what any of them flags is 1. Default: the four released ones. */
  readonly policies?: ReadonlyArray<string | Policy> | undefined
}
