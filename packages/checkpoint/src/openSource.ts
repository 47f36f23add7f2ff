import type { Checkpoint } from "./Checkpoint.ts"
import { mergeAdapter } from "./lora/mergeAdapter.ts"
import { openCheckpoint } from "./openCheckpoint.ts"
import { withImportance } from "./withImportance.ts"

/** What a conversion reads. */
export interface Source {
  readonly path: string
  /** The folder of an adapter that is merged in. */
  readonly adapter?: string | undefined
  /** The file that says how much each column counts. */
  readonly importance?: string | undefined
}

/** Opens what a conversion reads; every thread does so for itself. */
export async function openSource({ adapter, importance, path }: Source): Promise<Checkpoint> {
  const checkpoint = await openCheckpoint(path)
  try {
    const weighed = importance === undefined ? checkpoint : await withImportance(checkpoint, importance)
    return adapter === undefined ? weighed : await mergeAdapter(weighed, adapter)
  } catch (cause) {
    await checkpoint.close()
    throw cause
  }
}
