/** The browser's storage: whether this page has one, how much fits into it, and what its failures mean. */
import { StorageError } from "../../words/Errors.ts"
import { byteCount } from "../../words/byteCount.ts"

/** @throws StorageError outside a secure context, where browsers have none. */
export const originStorage = (): StorageManager => present("storage", navigator.storage)

/** @throws StorageError outside a secure context. */
export const originLocks = (): LockManager => present("locks", navigator.locks)

/** The compiler's library leaves insecure pages out, where these are undefined. */
function present<A>(part: string, found: A | undefined): A {
  if (found !== undefined) return found
  // A page of localhost, or over https, is not helped by https: its storage is switched off.
  if (isSecureContext) throw switchedOff()
  throw new StorageError({
    problem: `this page has no \`navigator.${part}\`, which browsers give to secure pages only`,
    remedy: `Serve the page over https, or from localhost. ${withoutStorage}`,
  })
}

const withoutStorage = 'Or open with `storage: "none"`, which downloads anew each time.'

const switchedOff = () =>
  new StorageError({
    problem: "it is switched off for this page (a private window, blocked cookies, or a frame of another site)",
    remedy: `Allow this site to store data. ${withoutStorage}`,
  })

export const errorName = (cause: unknown): string =>
  typeof cause === "object" && cause !== null && "name" in cause && typeof cause.name === "string" ? cause.name : ""

export const isNotFound = (cause: unknown): boolean => errorName(cause) === "NotFoundError"

/** A model's files were taken away: by the user, who cleared the site's data, or by a browser that needed the room. */
export const cleared = () =>
  new StorageError({
    problem: "this site's stored data was cleared in the meantime",
    remedy: "Open the model again, which downloads it from its start.",
  })

/** Says what a failure of the browser's storage means. */
export function storageError(cause: unknown): StorageError {
  if (cause instanceof StorageError) return cause
  switch (errorName(cause)) {
    case "SecurityError":
    case "NotAllowedError":
    // So say private windows of Safari, and of others that have the methods and not what is behind them.
    case "NotSupportedError":
    case "TypeError":
    case "UnknownError":
      return switchedOff()
    case "NotFoundError":
      return cleared()
    case "QuotaExceededError":
      return new StorageError({
        problem: "it is full",
        remedy: "Free disk space or remove a stored model with `removeStoredModel`; what has arrived is kept.",
      })
    case "NoModificationAllowedError":
      return new StorageError({
        problem: "a file of the model is in use by another tab or worker of this site",
        remedy: "Close the other tabs that use the model, and try again.",
      })
    default:
      return new StorageError({
        problem: `it failed (${cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)})`,
        remedy: `Reload the page; if it fails again, clear this site's data in the browser's settings. ${withoutStorage}`,
      })
  }
}

/** Bytes that this site may still store, by the browser's own estimate. */
export async function freeBytes(): Promise<number> {
  const { quota = 0, usage = 0 } = await originStorage().estimate()
  return Math.max(0, quota - usage)
}

/**
 * Checks that there is room before anything large is fetched.
 *
 * @throws StorageError
 */
export async function checkRoom(neededBytes: number): Promise<void> {
  const free = await freeBytes()
  if (neededBytes <= free) return
  throw new StorageError({
    problem: `the model needs ${byteCount(neededBytes)} more, and this site may store ${byteCount(free)} more`,
    remedy: "Free disk space, remove a stored model with `removeStoredModel`, or choose a smaller model.",
  })
}
