/** Features looked for by what their labels say. */
import type { Site } from "./Site.ts"

export interface FeatureSearchOptions {
  /** Only features of this layer's autoencoders; left out: of all. */
  readonly layer?: number | undefined
  /** Only those of this site, or TransformerLens' name of it; left out: of all. */
  readonly site?: string | undefined
  /** Features at most, 1 to 1,000. Default 20. */
  readonly topK?: number | undefined
}

/** A feature, where it is one, and what it stands for. */
export interface FoundFeature extends Site {
  readonly index: number
  readonly label: string
}
