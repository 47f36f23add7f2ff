/** What a forward pass is asked, and what it gives. */
import type { Site } from "../words/Site.ts"
import type { Interventions } from "./Interventions.ts"
import type { KeyValues } from "./KeyValues.ts"

/** What one forward pass gives besides the new keys and values. */
export interface Wanted {
  /** Positions among the new tokens whose logits are wanted; none by default. */
  readonly rows?: ReadonlyArray<number>
  /** The token ids whose logits are wanted, of a model that has the `candidates` head; otherwise all are given. */
  readonly candidates?: ReadonlyArray<number>
  /** Sites whose tensors are wanted. */
  readonly taps?: ReadonlyArray<Site>
  /** Whether they are so few that attending to them by the formula costs less than a copy of the keys and values. */
  readonly few?: boolean
  /** Whether the rows are to be such that other requests may take them over: see {@link Reuse}. */
  readonly exact?: boolean
  /** In force in place of the sequence's own: its new rows are then good for nothing, and are to be forgotten. */
  readonly interventions?: Interventions
}

export interface Forward {
  /** `[rows, vocabSize]` or `[rows, candidates]`, row by row; empty when no rows were wanted. */
  readonly logits: Float32Array
  /** `[tokens, width]` for each wanted site, under its key. */
  readonly taps: ReadonlyMap<string, Float32Array>
}

/** A sequence that gets its next token in a run with others. */
export interface Lane {
  readonly sequence: KeyValues
  readonly token: number
  readonly taps: ReadonlyArray<Site>
}
