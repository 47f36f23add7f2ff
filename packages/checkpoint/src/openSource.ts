import type { Checkpoint } from "./Checkpoint.ts"
import { mergeAdapter } from "./lora/mergeAdapter.ts"
import { openCheckpoint } from "./openCheckpoint.ts"

/** What a conversion reads. */
export interface Source {
  readonly path: string
  /** The folder of an adapter that is merged in. */
  readonly adapter?: string | undefined
}

/** Opens what a conversion reads; every thread does so for itself. */
export async function openSource({ adapter, path }: Source): Promise<Checkpoint> {
  const checkpoint = await openCheckpoint(path)
  if (adapter === undefined) return checkpoint
  try {
    return await mergeAdapter(checkpoint, adapter)
  } catch (cause) {
    await checkpoint.close()
    throw cause
  }
}
