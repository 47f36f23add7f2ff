/** A change of the model's inside while it runs, at one site. */
import type { Site } from "./Site.ts"

/** Adds a vector to the site's tensor at every position but the first, `<bos>`: it steers what follows. */
export interface Intervention extends Site {
  /** As wide as the site. */
  readonly add: Float32Array
}
