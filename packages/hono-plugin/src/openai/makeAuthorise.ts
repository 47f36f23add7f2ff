/** Who may ask. */
import { ApiError } from "./ApiError.ts"

/**
 * Makes the check of an `Authorization` header against the keys.
 *
 * Digests of equal length are compared, all of them and to the end, so that the time it takes tells nothing of a key.
 *
 * @returns a function that gives the key's place among them (undefined where there are none), and rejects with an
 *   ApiError 401 for a missing or wrong key.
 */
export function makeAuthorise(
  keys: ReadonlyArray<string>,
): (header: string | undefined) => Promise<number | undefined> {
  if (keys.length === 0) return async () => undefined
  const known = Promise.all(keys.map(digest))
  // Should hashing be missing on a platform, requests say so; nobody waits for it before.
  known.catch(() => undefined)
  return async (header) => {
    const given = bearerOf(header)
    if (given === undefined) throw denied("There is no API key. Send it as the header Authorization: Bearer KEY.")
    const candidate = await digest(given)
    let place = -1
    for (const [i, key] of (await known).entries()) place += isEqual(candidate, key) * (i - place)
    if (place < 0) throw denied("The API key is wrong.")
    return place
  }
}

/** The key that a header bears. */
export const bearerOf = (header: string | undefined): string | undefined => /^Bearer +(\S+) *$/i.exec(header ?? "")?.[1]

const digest = async (text: string): Promise<Uint8Array> =>
  new Uint8Array(await globalThis.crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)))

/** 1 where all bytes are the same, else 0. */
function isEqual(a: Uint8Array, b: Uint8Array): number {
  let difference = 0
  for (const [i, byte] of a.entries()) difference |= byte ^ (b[i] ?? 0xff)
  return difference === 0 ? 1 : 0
}

const denied = (message: string): ApiError =>
  new ApiError(401, message, { code: "invalid_api_key", headers: { "WWW-Authenticate": "Bearer" } })
