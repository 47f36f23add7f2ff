import { open } from "node:fs/promises"
import { join } from "node:path"
import type { TargetFile } from "./ConversionTarget.ts"
import { writeAt } from "./writeAt.ts"

/** Opens a file of a conversion's folder on the disk; every thread does so for itself. */
export async function openTargetFile(folder: string, name: string): Promise<TargetFile> {
  const handle = await open(join(folder, name), "r+")
  return { write: (bytes, at) => writeAt(handle, bytes, at), close: () => handle.close() }
}
