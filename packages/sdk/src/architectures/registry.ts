/** The architectures that Facet runs. */
import type { Architecture } from "./Architecture.ts"
import { gemma2 } from "./gemma2.ts"

export const architectures: ReadonlyArray<Architecture> = [gemma2]
