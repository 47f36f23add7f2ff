import type { Decision, Questions } from "@facet/sdk/words"

/** A request for decisions, read and found good as far as its form goes: what is asked Facet itself checks. */
export interface DecisionJob {
  /** The name that the client asked for; without one it is the server's only model. */
  readonly model: string | undefined
  readonly state: string
  readonly questions: Questions
  /** What the client keeps its own users apart by. */
  readonly cacheSalt: string | undefined
  /** Where the client wrote what Facet knows by this path. */
  readonly paramOf: (path: string) => string
  /** The answer's body, but for the model's name. */
  readonly answer: (decision: Decision) => object
}
