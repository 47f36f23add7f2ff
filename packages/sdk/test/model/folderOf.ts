/** Small folders on disk for tests of what reads them. */
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openFolder } from "../../src/hub/folder.node.ts"
import type { ModelFiles } from "../../src/hub/ModelFiles.ts"

/** Opens a new folder with these files (objects as JSON), which goes when the scope of `await using` ends. */
export async function folderOf(
  contents: Record<string, string | Uint8Array | object>,
): Promise<ModelFiles & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "facet-test-"))
  for (const [name, content] of Object.entries(contents)) {
    const raw = typeof content === "string" || content instanceof Uint8Array
    await writeFile(join(path, name), raw ? content : JSON.stringify(content))
  }
  return { ...(await openFolder(path)), [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}
