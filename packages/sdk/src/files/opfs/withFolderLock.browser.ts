/** One tab at a time downloads or removes a model. */
import type { FolderUrl } from "../http/folderUrl.ts"
import { originLocks } from "./originStorage.browser.ts"

const lockName = ({ href }: FolderUrl): string => `facet-model ${href}`

/** Runs while no other tab or worker of the site does so for the same folder; `onWait` is told when one does now. */
export async function withFolderLock<A>(
  folder: FolderUrl,
  { onWait, signal }: { readonly signal?: AbortSignal | undefined; readonly onWait: () => void },
  run: () => Promise<A>,
): Promise<A> {
  const done = await ifUnlocked(folder, run)
  if (done !== undefined) return done.value
  onWait()
  return originLocks().request(lockName(folder), signal === undefined ? {} : { signal }, run)
}

/** undefined when another tab or worker holds the lock. */
export const ifUnlocked = <A>(folder: FolderUrl, run: () => Promise<A>): Promise<{ readonly value: A } | undefined> =>
  originLocks().request(lockName(folder), { ifAvailable: true }, async (lock) =>
    lock === null ? undefined : { value: await run() },
  )
