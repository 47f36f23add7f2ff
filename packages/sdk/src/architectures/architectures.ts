/** The architectures that Facet runs. */
import type { Architecture } from "./Architecture.ts"
import { gemma2 } from "./gemma2.ts"
import { gemma3 } from "./gemma3.ts"

export const architectures: ReadonlyArray<Architecture> = [gemma2, gemma3]
