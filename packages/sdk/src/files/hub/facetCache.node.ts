import { homedir } from "node:os"
import { join, resolve } from "node:path"

/**
 * Where Facet keeps what it made of models, and downloads that are not the Hub's: `FACET_CACHE`, else where the system
 * wants caches.
 */
export function facetCache(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const { FACET_CACHE, LOCALAPPDATA, XDG_CACHE_HOME } = env
  if (FACET_CACHE) return resolve(FACET_CACHE)
  if (platform === "win32") return join(LOCALAPPDATA || join(homedir(), "AppData", "Local"), "facet")
  if (platform === "darwin") return join(homedir(), "Library", "Caches", "facet")
  return join(XDG_CACHE_HOME || join(homedir(), ".cache"), "facet")
}
