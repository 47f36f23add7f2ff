/** Whether the browser may drop stored models when the disk runs full. */
import { originStorage } from "./originStorage.browser.ts"

/**
 * Asks the browser to keep this site's storage until the user clears it. Only a page can ask, not a worker; browsers may
 * refuse or ask the user.
 *
 * @returns whether it is kept. Never rejects: a refusal means that the models may have to be downloaded again.
 */
export async function persistStorage(): Promise<boolean> {
  try {
    const storage = originStorage()
    return (await storage.persisted()) || ((await storage.persist?.()) ?? false)
  } catch {
    return false
  }
}
