import type { Checkpoint } from "./Checkpoint.ts"
import { openCheckpoint } from "./openCheckpoint.ts"

/** What a conversion reads. */
export interface Source {
  readonly path: string
}

/** Opens what a conversion reads; every thread does so for itself. */
export const openSource = ({ path }: Source): Promise<Checkpoint> => openCheckpoint(path)
